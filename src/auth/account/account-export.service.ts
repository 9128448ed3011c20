import { Injectable } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Client } from '../../access/client.decorator.js';
import { AuditEventDto } from '../../audit/audit-event.dto.js';
import { AuditService } from '../../audit/audit.service.js';
import type { Page, PageQuery } from '../../paging/page.js';
import { UserDto } from '../../users/user.dto.js';
import { UsersService } from '../../users/users.service.js';
import { SessionDto } from '../sessions/session.dto.js';
import { SessionsService } from '../sessions/sessions.service.js';

/** All that is stored about a user. */
@ApiSchema({ name: 'AstraAccountExport' })
export class AccountExportDto {
  @ApiProperty({ type: () => UserDto })
  user: UserDto;

  @ApiProperty({ type: [SessionDto] })
  sessions: SessionDto[];

  @ApiProperty({ type: [AuditEventDto] })
  events: AuditEventDto[];
}

/** Shows users what is stored about them. */
@Injectable()
export class AccountExportService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
  ) {}

  /** @param sessionId - The session of the request that asks. */
  async export(userId: string, sessionId: string, client: Client): Promise<AccountExportDto> {
    // First, so that the export shows itself.
    await this.audit.recordAlone({ type: 'sensitive_read', userId, actorId: userId, client });
    const sessions = await all((page) => this.sessions.listOf(userId, page));
    const events = await all((page) => this.audit.list({ userId, ...page }));
    return {
      user: UserDto.from(await this.users.get(userId)),
      sessions: sessions.map((session) => SessionDto.from(session, sessionId)),
      events: events.map((event) => AuditEventDto.from(event)),
    };
  }
}

async function all<T>(list: (page: PageQuery) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit: 100, cursor });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return items;
}
