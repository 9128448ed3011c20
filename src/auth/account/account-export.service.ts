import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Client } from '../../access/client.decorator.js';
import type { Principal } from '../../access/principal.js';
import { AuditEventDto } from '../../audit/audit-event.dto.js';
import { AuditService } from '../../audit/audit.service.js';
import { errorText } from '../../http/problem/error-text.js';
import { UserDto } from '../../users/user.dto.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { SessionDto } from '../sessions/own/session.dto.js';
import { OwnSessionsService } from '../sessions/own/own-sessions.service.js';
import { ExportLeasesService, type ExportLease } from './export-leases.service.js';

/** Rows that are read at once: about 20 KiB of JSON. The more, the more of them V8 takes for lasting, and keeps. */
const PAGE = 50;
/** In ms: how long a client may take none of what is written. */
const PATIENCE = 30_000;

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
  private readonly logger = new Logger(AccountExportService.name);

  constructor(
    private readonly users: UsersService,
    private readonly sessions: OwnSessionsService,
    private readonly audit: AuditService,
    private readonly exports: ExportLeasesService,
  ) {}

  /**
   * Writes all that is stored about a user as the JSON of an {@link AccountExportDto}. It is read page by page, as it is
   * taken: neither memory nor a connection to the database is held for more than a page, however long the export is and
   * however slow its reader. A reader who takes nothing for 30 seconds is given up.
   *
   * @throws {TooManyRequestsError} while another export of the user is under way.
   */
  async export(principal: Principal, client: Client): Promise<Readable> {
    const { userId } = principal;
    const lease = await this.exports.begin(userId);
    try {
      // First, so that the export shows itself.
      await this.audit.recordAlone({ type: 'sensitive_read', userId, actorId: userId, client });
      const user = await this.users.get(userId);
      const stream: Readable = Readable.from(
        this.patiently(this.write(user, principal, lease), () =>
          stream.destroy(new Error('Nobody reads it')),
        ),
        { objectMode: false },
      );
      stream.once('error', (error) => this.logger.warn(`An export ended early: ${errorText(error)}`));
      // However it ends, and also if nobody ever read from it.
      stream.once('close', () => void lease.end());
      return stream;
    } catch (error) {
      await lease.end();
      throw error;
    }
  }

  private async *write(user: User, { sessionId }: Principal, lease: ExportLease): AsyncGenerator<string> {
    yield `{"user":${JSON.stringify(UserDto.from(user))},"sessions":[`;
    yield* listed(this.pagesOfSessions(user.id), (session) => SessionDto.from(session, sessionId));
    yield '],"events":[';
    const pages = this.audit.pagesAbout(user.id, PAGE);
    yield* listed(keeping(lease, pages), (event) => AuditEventDto.forOwner(event, user.id));
    yield ']}';
  }

  private async *pagesOfSessions(userId: string) {
    let cursor: string | undefined;
    do {
      const { items, nextCursor } = await this.sessions.listOf(userId, { limit: PAGE, cursor });
      yield items;
      cursor = nextCursor ?? undefined;
    } while (cursor);
  }

  /** @param giveUp - Called if nobody asks for the next part. */
  private async *patiently(parts: AsyncIterable<string>, giveUp: () => void): AsyncGenerator<string> {
    for await (const part of parts) {
      const timer = setTimeout(giveUp, PATIENCE);
      try {
        yield part;
      } finally {
        clearTimeout(timer);
      }
    }
  }
}

/** Writes the items of pages as those of a JSON list. */
async function* listed<T>(pages: AsyncIterable<T[]>, show: (item: T) => object): AsyncGenerator<string> {
  let separator = '';
  for await (const items of pages) {
    if (items.length === 0) continue;
    yield separator + items.map((item) => JSON.stringify(show(item))).join(',');
    separator = ',';
  }
}

async function* keeping<T>(lease: ExportLease, pages: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const page of pages) {
    await lease.renew();
    yield page;
  }
}
