import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { PageOf } from '../paging/page.dto.js';
import type { ShownEvent } from './audit.service.js';
import { type AuditType, auditTypes } from './audit-types.js';
import type { AuditData } from './new-audit-event.js';

/** Something that happened, as users see it of their own account and administrators of all. */
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
    description: 'Whose account it is about; `null` if no account is known.',
  })
  user_id: string | null;

  @ApiProperty({
    type: 'string',
    format: 'uuid',
    nullable: true,
    example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11',
    description: 'Who did it; `null` if it was nobody who had signed in, or the service itself.',
  })
  actor_id: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '192.0.2.17',
    description: 'The address it came from; after some time its network, such as `192.0.2.0/24`.',
  })
  ip: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: 'Mozilla/5.0 (X11; Linux x86_64) …' })
  user_agent: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { reason: 'wrong_password' },
    description: 'What else is to be known, such as a reason, or values `before` and `after`. Often empty.',
  })
  data: AuditData;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  @ApiPropertyOptional({
    enum: ['administrator'],
    example: 'administrator',
    description:
      'Who did it, where it was somebody else than the owner who is shown it: then neither id, IP address nor browser is.',
  })
  actor?: 'administrator';

  /** As users see what happened to their account: of others who did something to it, nothing that identifies them. */
  static forOwner(event: ShownEvent, ownerId: string): AuditEventDto {
    const shown = AuditEventDto.from(event);
    if (event.actorId === null || event.actorId === ownerId) return shown;
    const withheld = { actor_id: null, ip: null, user_agent: null, actor: 'administrator' } as const;
    return Object.assign(shown, withheld);
  }

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

/** A page of {@link AuditEventDto}. */
@ApiSchema({ name: 'AstraAuditEventPage' })
export class AuditEventPageDto extends PageOf(AuditEventDto) {}
