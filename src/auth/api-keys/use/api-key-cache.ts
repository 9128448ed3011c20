import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { InvalidTokenError } from '../../../access/access.errors.js';
import { ApiKeyAuthenticator } from '../../../access/api-key-authenticator.js';
import type { Principal } from '../../../access/principal.js';
import { RememberedPrincipals } from '../../../access/remembered-principals.js';
import { bearerToken } from '../../../access/guards/jwt.strategy.js';
import {
  type Change,
  type AccessChangeListener,
  AccessChanges,
} from '../../../database/notices/access-changes.js';
import type { Client } from '../../../http/request/client.js';
import type { AnyRequest } from '../../../http/request/request-id.js';
import { rateLimitHeaders } from '../../../rate-limit/rate-limit.errors.js';
import { RateLimitsService } from '../../../rate-limit/rate-limits.service.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { type FactorType, factorTypesOf } from '../../../users/fields/factor-types.js';
import { principalOf } from '../../../users/signed-in-user.js';
import { claimsToBeApiKey, hashOfApiKey } from '../api-key-token.js';
import { ApiKey } from '../api-key.entity.js';
import { ApiKeyUses } from './api-key-uses.js';

/** Longest header field that can carry a key, with some blanks. Access tokens are several times as long. */
const MAX_FIELD = 100;

/** Client of a message on a connection, which has no request. */
const NO_CLIENT: Client = { ip: null, userAgent: null, requestId: '' };

/** Cached key, valid until a change is announced. */
interface RememberedKey {
  readonly principal: Principal & { apiKeyId: string };
  /** Time of expiry in ms since 1970. */
  readonly expiresAt: number;
}

/**
 * Authenticates API keys without a query per request, as `PrincipalCache` does with access tokens: a key is cached, under the
 * hash of its token, until an {@link AccessChanges | access change} is announced by any instance, and the cache is not used
 * while this process cannot receive changes. A token with a wrong checksum causes no query at all.
 */
@Injectable()
export class ApiKeyCache extends ApiKeyAuthenticator implements AccessChangeListener {
  /** Number of lookups answered from memory and from the database. */
  readonly lookups = { memory: 0, database: 0 };

  /** Hash of a token, as Latin-1 → its key. The tokens themselves are not kept. */
  private readonly known: RememberedPrincipals<RememberedKey>;
  /** Hashes by the id of their key, as changes name it. */
  private readonly byId = new Map<string, string>();
  /** Running reads, which concurrent requests share, unless a change came in between. */
  private readonly reading = new Map<string, { epoch: number; result: Promise<RememberedKey> }>();
  /** Number of changes so far. A row that was read before a change must not be cached after it. */
  private epoch = 0;

  constructor(
    @InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>,
    private readonly uses: ApiKeyUses,
    private readonly changes: AccessChanges,
    private readonly limits: RateLimitsService,
    private readonly settings: AuthSettings,
  ) {
    super();
    this.known = new RememberedPrincipals(settings.rememberedSessions, ({ principal }) =>
      this.byId.delete(principal.apiKeyId),
    );
    changes.subscribe(this);
    limits.countByKey((request) => this.knownKeyOf(request));
  }

  /** Number of cached keys. */
  get size(): number {
    return this.known.size;
  }

  /** Compares the prefix only, so that access tokens cost next to nothing. */
  override claims(token: string): boolean {
    return claimsToBeApiKey(token, this.settings.apiKeys.prefix);
  }

  /**
   * Authenticates a key, from the cache if possible.
   *
   * @throws {InvalidTokenError} if the checksum is wrong, or the key is unknown, expired or revoked, or its user is inactive.
   */
  override async authenticate(token: string): Promise<Principal> {
    const cached = this.recall(token);
    if (cached) {
      this.lookups.memory++;
      return cached.principal;
    }
    const tokenHash = hashOfApiKey(token, this.settings.apiKeys.prefix);
    if (!tokenHash) throw new InvalidTokenError();
    return (await this.read(tokenHash)).principal;
  }

  /**
   * Counts a request with a key. The use is only noted in memory: see {@link ApiKeyUses}.
   *
   * @throws {TooManyRequestsError} if the key is over its limit, on all instances together.
   */
  override async use(
    { apiKeyId, userId }: Principal,
    client: Client | null,
  ): Promise<Record<string, string>> {
    if (apiKeyId === null) throw new InvalidTokenError();
    const allowance = await this.limits.take('api-key', apiKeyId, client ?? NO_CLIENT, userId);
    this.uses.note(apiKeyId, client?.ip ?? null);
    return allowance ? rateLimitHeaders([allowance]) : {};
  }

  /** Removes what a change invalidates, and makes running reads unusable for the cache. */
  onChange(change: Change): void {
    this.epoch++;
    if ('apiKey' in change) this.known.forget(this.byId.get(change.apiKey) ?? '');
    if ('user' in change) this.known.forgetUser(change.user);
  }

  /** Clears the cache, since changes may have been missed. */
  onGap(): void {
    this.epoch++;
    this.known.forgetAll();
  }

  /** Returns the id of the key of a request if it is cached. Called for every request, so it must be quick. */
  private knownKeyOf({ headers }: AnyRequest): string | undefined {
    const { authorization, 'x-api-key': own } = headers as Record<string, string | undefined>;
    if ((own && authorization) || (own ?? authorization ?? '').length > MAX_FIELD) return undefined;
    const token = own ?? (authorization && bearerToken({ headers: { authorization } }));
    return token && this.claims(token) ? this.recall(token)?.principal.apiKeyId : undefined;
  }

  /**
   * Returns a cached key that can be used: it is unexpired, and changes are being received. The form of a cached token was
   * verified before.
   */
  private recall(token: string): RememberedKey | undefined {
    const cached = this.known.get(hash('sha256', token, 'binary'));
    return cached && cached.expiresAt > Date.now() && this.changes.isListening ? cached : undefined;
  }

  /** Reads a key, together with other requests that need it. */
  private read(hash: Buffer): Promise<RememberedKey> {
    const name = hash.toString('latin1');
    const running = this.reading.get(name);
    if (running?.epoch === this.epoch) return running.result;
    const { epoch } = this;
    const result = this.query(hash, epoch).finally(() => {
      if (this.reading.get(name)?.epoch === epoch) this.reading.delete(name);
    });
    this.reading.set(name, { epoch, result });
    return result;
  }

  /** Reads a key with its user, and caches it unless a change arrived meanwhile. */
  private async query(hash: Buffer, epoch: number): Promise<RememberedKey> {
    this.lookups.database++;
    const {
      entities: [key],
      raw: [row],
    } = await this.keys
      .createQueryBuilder('key')
      .innerJoinAndSelect('key.user', 'user')
      .addSelect('extract(epoch FROM key.expiresAt - now())::float8', 'seconds_left')
      .addSelect(factorTypesOf('user.id'), 'factors')
      .where('key.tokenHash = :hash AND key.expiresAt > now() AND user.isActive', { hash })
      .getRawAndEntities<{ seconds_left: number; factors: FactorType[] }>();
    if (!key) throw new InvalidTokenError();

    const signIn = {
      sessionId: null,
      scopes: key.scopes,
      methods: [],
      authenticatedAt: null,
      secondFactorAt: null,
    };
    const principal = principalOf(
      { user: key.user, factors: row.factors },
      { ...signIn, apiKeyId: key.id },
      this.settings.roles,
    );
    // Relative to the clock of the database, which may differ from this machine's.
    const expiresAt = Date.now() + row.seconds_left * 1_000;
    const read = { principal: principal as RememberedKey['principal'], expiresAt };
    const name = hash.toString('latin1');
    if (epoch === this.epoch && this.changes.isListening && this.known.set(name, read))
      this.byId.set(key.id, name);
    return read;
  }
}
