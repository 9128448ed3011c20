import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Client } from '../../access/client.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { AuditEventDto } from '../../audit/audit-event.dto.js';
import { AuditService } from '../../audit/audit.service.js';
import { errorText } from '../../http/problem/error-text.js';
import { ShownUsers } from '../../users/shown-users.js';
import { UserDto } from '../../users/user.dto.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { ApiKeyDto } from '../api-keys/own/api-key.dto.js';
import { FactorDto } from '../factors/factor.dto.js';
import { PasskeyDto } from '../factors/passkeys/own/passkey.dto.js';
import { ExportedIdentityDto } from '../providers/identities/identity.dto.js';
import { SessionDto } from '../sessions/own/session.dto.js';
import { OwnSessionsService } from '../sessions/own/own-sessions.service.js';
import { ExportedWaysIn } from './exported-ways-in.js';
import { ExportLeasesService, type ExportLease } from './export-leases.service.js';

/**
 * Rows per query, about 20 KiB of JSON. With larger pages V8 promotes more of them to the old generation, and memory
 * grows.
 */
const PAGE = 50;
/** Time in ms after which a client that reads nothing is disconnected. */
const PATIENCE = 30_000;

/** All data stored about a user, without hashes, tokens and keys. */
@ApiSchema({ name: 'AstraAccountExport' })
export class AccountExportDto {
  @ApiProperty({ type: () => UserDto })
  user: UserDto;

  @ApiProperty({ type: [SessionDto] })
  sessions: SessionDto[];

  @ApiProperty({ type: [FactorDto], description: 'Authenticator apps and passkeys.' })
  factors: FactorDto[];

  @ApiProperty({ type: [PasskeyDto], description: 'What is stored about the passkeys among them.' })
  passkeys: PasskeyDto[];

  @ApiProperty({ type: [ExportedIdentityDto], description: 'Identities at providers.' })
  identities: ExportedIdentityDto[];

  @ApiProperty({ type: [ApiKeyDto] })
  api_keys: ApiKeyDto[];

  @ApiProperty({ type: [AuditEventDto] })
  events: AuditEventDto[];
}

/** Exports the data of an account (GDPR, articles 15 and 20). */
@Injectable()
export class AccountExportService {
  private readonly logger = new Logger(AccountExportService.name);

  constructor(
    private readonly users: UsersService,
    private readonly sessions: OwnSessionsService,
    private readonly audit: AuditService,
    private readonly waysIn: ExportedWaysIn,
    private readonly exports: ExportLeasesService,
    private readonly shown: ShownUsers,
  ) {}

  /**
   * Streams all data about a user as the JSON of an {@link AccountExportDto}. Each page is read when the client asks
   * for it, so memory holds one page, and no database connection is held between pages, regardless of the size of the
   * export and the speed of its reader. A reader that takes nothing for 30 seconds is disconnected.
   *
   * @throws {TooManyRequestsError} while another export of the account is running.
   */
  async export(principal: SessionPrincipal, client: Client): Promise<Readable> {
    const { userId } = principal;
    const lease = await this.exports.begin(userId);
    try {
      // Recorded first, so that the export contains its own event.
      await this.audit.recordAlone({ type: 'sensitive_read', userId, actorId: userId, client });
      const user = await this.users.get(userId);
      const stream: Readable = Readable.from(
        this.patiently(this.write(user, principal, lease), () =>
          stream.destroy(new Error('The client stopped reading')),
        ),
        { objectMode: false },
      );
      stream.once('error', (error) => this.logger.warn(`An export was aborted: ${errorText(error)}`));
      // `close` also fires if the stream was never read.
      stream.once('close', () => void lease.end());
      return stream;
    } catch (error) {
      await lease.end();
      throw error;
    }
  }

  /** Yields the JSON document in parts, one page each. */
  private async *write(
    user: User,
    { sessionId }: SessionPrincipal,
    lease: ExportLease,
  ): AsyncGenerator<string> {
    yield `{"user":${JSON.stringify(await this.shown.one(user))},"sessions":[`;
    yield* listed(this.pagesOfSessions(user.id), (session) => SessionDto.from(session, sessionId));
    // As the fields of one object: its braces belong to the whole document.
    yield `],${JSON.stringify(await this.waysIn.of(user.id)).slice(1, -1)},"events":[`;
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

  /**
   * Yields parts, and watches how long the reader takes to ask for the next one.
   *
   * @param giveUp - Called if the reader does not ask within {@link PATIENCE}.
   */
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

/** Serializes the items of all pages as the elements of one JSON array, without its brackets. */
async function* listed<T>(pages: AsyncIterable<T[]>, show: (item: T) => object): AsyncGenerator<string> {
  let separator = '';
  for await (const items of pages) {
    if (items.length === 0) continue;
    yield separator + items.map((item) => JSON.stringify(show(item))).join(',');
    separator = ',';
  }
}

/** Renews the lease with each page, so that an export that makes progress is never taken over. */
async function* keeping<T>(lease: ExportLease, pages: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const page of pages) {
    await lease.renew();
    yield page;
  }
}
