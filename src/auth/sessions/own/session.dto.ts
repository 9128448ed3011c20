import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { PageOf } from '../../../paging/page.dto.js';
import { deviceName } from '../device-name.js';
import type { Session } from '../session.entity.js';

/** Session as shown to its owner and to admins. */
@ApiSchema({ name: 'AstraSession' })
export class SessionDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  id: string;

  @ApiProperty({ example: true, description: 'Whether this request belongs to the session.' })
  current: boolean;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '192.0.2.17',
    description: 'The IP address at the last refresh or sign-in.',
  })
  ip: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  })
  user_agent: string | null;

  @ApiProperty({ example: 'Firefox on Linux' })
  device: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  @ApiProperty({
    format: 'date-time',
    example: '2026-11-22T10:14:00.000Z',
    description: 'When the session was last refreshed.',
  })
  last_used_at: string;

  @ApiProperty({
    format: 'date-time',
    example: '2026-11-29T10:14:00.000Z',
    description: 'When the session expires unless it is refreshed before.',
  })
  expires_at: string;

  /**
   * Converts a session.
   *
   * @param currentId - Session that the request belongs to.
   */
  static from(session: Session, currentId: string): SessionDto {
    return {
      id: session.id,
      current: session.id === currentId,
      ip: session.ip,
      user_agent: session.userAgent,
      device: deviceName(session.userAgent),
      created_at: session.createdAt.toISOString(),
      last_used_at: session.lastUsedAt.toISOString(),
      expires_at: session.expiresAt.toISOString(),
    };
  }
}

/** Page of sessions. */
@ApiSchema({ name: 'AstraSessionPage' })
export class SessionPageDto extends PageOf(SessionDto) {}
