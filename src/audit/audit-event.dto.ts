import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { PageOf } from '../paging/page.dto.js';
import type { ShownEvent } from './audit.service.js';
import { type AuditType, auditTypes } from './audit-types.js';
import type { AuditData } from './new-audit-event.js';

/** Audit event, as shown to its owner and to admins. */
@ApiSchema({ name: 'AstraAuditEvent' })
export class AuditEventDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' })
  id: string;

  @ApiProperty({
    enum: Object.keys(auditTypes),
    enumName: 'AstraAuditType',
    example: 'authn_login_success',
    description: Object.entries(auditTypes)
      .map(([type, meaning]) => `- \`${type}\`: ${meaning}`)
      .join('\n'),
  })
  type: AuditType;

  @ApiProperty({
    type: 'string',
    format: 'uuid',
    nullable: true,
    example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11',
    description: 'The user whose account the event is about. `null` if the account is unknown.',
  })
  user_id: string | null;

  @ApiProperty({
    type: 'string',
    format: 'uuid',
    nullable: true,
    example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11',
    description:
      'The user who caused the event. `null` if nobody was signed in, or if the service caused it.',
  })
  actor_id: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '192.0.2.17',
    description:
      'The IP address that the request came from. Later shortened to its network, such as `192.0.2.0/24`.',
  })
  ip: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: 'Mozilla/5.0 (X11; Linux x86_64) …' })
  user_agent: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { reason: 'wrong_password' },
    description: 'Additional details, such as a reason, or the values `before` and `after`. Often empty.',
  })
  data: AuditData;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  @ApiPropertyOptional({
    enum: ['administrator'],
    example: 'administrator',
    description:
      'Present if somebody other than the owner caused the event. In this case `actor_id`, `ip` and `user_agent` are `null`.',
  })
  actor?: 'administrator';

  /** Converts an event for the owner of the account. Hides the identity of any other user who caused it. */
  static forOwner(event: ShownEvent, ownerId: string): AuditEventDto {
    const shown = AuditEventDto.from(event);
    if (event.actorId === null || event.actorId === ownerId) return shown;
    const withheld = { actor_id: null, ip: null, user_agent: null, actor: 'administrator' } as const;
    return Object.assign(shown, withheld);
  }

  /** Converts an event for admins, who see all of its fields. */
  static from(event: ShownEvent): AuditEventDto {
    return {
      id: event.id,
      type: event.type,
      user_id: event.userId,
      actor_id: event.actorId,
      ip: event.ip,
      user_agent: event.userAgent,
      data: event.data,
      created_at: event.createdAt.toISOString(),
    };
  }
}

/** Page of {@link AuditEventDto}. */
@ApiSchema({ name: 'AstraAuditEventPage' })
export class AuditEventPageDto extends PageOf(AuditEventDto) {}
