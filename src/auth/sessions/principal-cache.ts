import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { InvalidTokenError } from '../../access/access.errors.js';
import { Authenticator } from '../../access/authenticator.js';
import type { Principal } from '../../access/principal.js';
import { RememberedPrincipals } from '../../access/remembered-principals.js';
import { unindexed } from '../../database/found-by-id.js';
import {
  type Change,
  type AccessChangeListener,
  AccessChanges,
} from '../../database/notices/access-changes.js';
import { readRows } from '../../database/query-rows.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { type FactorType, factorTypesOf } from '../../users/fields/factor-types.js';
import { principalOf } from '../../users/signed-in-user.js';
import { ForeignTokens } from '../tokens/foreign-tokens.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { ConfirmationsService } from './generations/confirmations.service.js';
import { Session } from './session.entity.js';

/** Cached session, valid until a change is announced. */
interface RememberedSession {
  readonly principal: Principal;
  /** Time of expiry if the session is not refreshed before, in ms since 1970. */
  readonly expiresAt: number;
  /** Generations up to this one need no confirmation. */
  confirmed: number;
  /** `false` once the session was removed from the cache; a request that still holds it caches no token then. */
  live: boolean;
  /** Token of the session that was verified last. Others are verified again, without a query. */
  token?: string;
}

/** Values read beside a session and its user. Times are in seconds, relative to the clock of the database. */
interface BesideSession {
  factors: FactorType[];
  seconds_left: number;
  proof_age: number;
  second_factor_age: number | null;
}

/** Of a principal that signed in. */
const NO_KEY = { apiKeyId: null, scopes: null };

/** Token whose signature and claims were verified. */
interface VerifiedToken {
  readonly sessionId: string;
  readonly known: RememberedSession;
  /** Expiry of the token itself, in ms since 1970. */
  readonly expiresAt: number;
  /** Value of {@link AccessTokens.keyRemovals} at the verification. */
  readonly keyRemovals: number;
}

/**
 * Authenticates access tokens without a query per request.
 *
 * A session is cached until an {@link AccessChanges | access change} is announced by any instance, or until it is the least
 * recently used one and room is needed. While this process cannot receive changes, the cache is not used. The verified token
 * of a session is cached as well, because the signature is most of the work of a request. It still expires at its own time
 * and ends with its session.
 */
@Injectable()
export class PrincipalCache extends Authenticator implements AccessChangeListener {
  override readonly reauthenticationTtl: number;
  override readonly hasSecondFactors: boolean;

  /** Number of lookups answered from memory and from the database. */
  readonly lookups = { memory: 0, database: 0 };

  private readonly sessions: RememberedPrincipals<RememberedSession>;
  private readonly tokens = new Map<string, VerifiedToken>();
  /** Number of changes so far. A row that was read before a change must not be cached after it. */
  private epoch = 0;

  constructor(
    @InjectRepository(Session) private readonly repository: Repository<Session>,
    private readonly accessTokens: AccessTokens,
    private readonly foreignTokens: ForeignTokens,
    private readonly confirmations: ConfirmationsService,
    private readonly changes: AccessChanges,
    private readonly settings: AuthSettings,
  ) {
    super();
    this.reauthenticationTtl = settings.reauthenticationTtl;
    this.hasSecondFactors = settings.features.secondFactor;
    this.sessions = new RememberedPrincipals(settings.rememberedSessions, (known) => {
      known.live = false;
      if (known.token !== undefined) this.tokens.delete(known.token);
    });
    changes.subscribe(this);
  }

  /** Returns the principal of a token that was verified before and is still valid; `undefined` otherwise. */
  override recall(token: string): Principal | undefined {
    const seen = this.tokens.get(token);
    const now = Date.now();
    if (!seen || seen.expiresAt <= now || !this.isGood(seen.known, now)) return undefined;
    if (seen.keyRemovals !== this.accessTokens.keyRemovals) return undefined;
    this.lookups.memory++;
    this.sessions.get(seen.sessionId); // now the most recently used
    return seen.known.principal;
  }

  /** Number of cached sessions. */
  get size(): number {
    return this.sessions.size;
  }

  /**
   * Authenticates a token, from the cache if possible. Also marks the generation of the token as seen, which confirms
   * that the client received it.
   */
  async authenticate(token: string): Promise<Principal> {
    const { keyRemovals } = this.accessTokens;
    const claims = this.accessTokens.verify(token);
    if (!claims) return this.authenticateForeign(token);
    const known = await this.load(claims.sessionId, claims.userId);
    if (claims.sessionGeneration > known.confirmed) {
      known.confirmed = claims.sessionGeneration;
      this.confirmations.note(claims.sessionId, claims.sessionGeneration);
    }
    const { sessionId, expiresAt } = claims;
    if (known.live) this.keepToken(token, { sessionId, known, expiresAt: expiresAt * 1000, keyRemovals });
    return known.principal;
  }

  /** Foreign tokens are not cached: they are few and will disappear. */
  private async authenticateForeign(token: string): Promise<Principal> {
    const holder = await this.foreignTokens.findHolder(token);
    if (!holder) throw new InvalidTokenError();
    const unknown = { ...NO_KEY, methods: ['legacy'], authenticatedAt: null, secondFactorAt: null };
    const { user, sessionId } = holder;
    const [{ factors }] = await readRows<{ factors: FactorType[] }>(
      this.repository.manager.dataSource,
      `SELECT ${factorTypesOf('$1')} AS factors`,
      [user.id],
    );
    return principalOf({ user, factors }, { sessionId, ...unknown }, this.settings.roles);
  }

  /** Removes what a change invalidates, and makes running reads unusable for the cache. */
  onChange(change: Change): void {
    this.epoch++;
    if ('session' in change) this.sessions.forget(change.session);
    if ('user' in change) this.sessions.forgetUser(change.user);
  }

  /** Clears the cache, since changes may have been missed. */
  onGap(): void {
    this.epoch++;
    this.sessions.forgetAll();
  }

  /** Returns whether a cached session can be used: it is current, unexpired, and changes are being received. */
  private isGood(known: RememberedSession, now: number): boolean {
    return known.live && known.expiresAt > now && this.changes.isListening;
  }

  /**
   * Returns a session from the cache or the database. A row that was read while a change arrived is used for this
   * request, but not cached.
   */
  private async load(sessionId: string, userId: string): Promise<RememberedSession> {
    const cached = this.sessions.get(sessionId);
    if (cached?.principal.userId === userId && this.isGood(cached, Date.now())) {
      this.lookups.memory++;
      return cached;
    }

    this.lookups.database++;
    const { epoch } = this;
    const {
      entities: [session],
      raw: [row],
    } = await this.repository
      .createQueryBuilder('session')
      .withDeleted()
      .innerJoinAndSelect('session.user', 'user')
      .addSelect('extract(epoch FROM session.expiresAt - now())::float8', 'seconds_left')
      .addSelect('extract(epoch FROM now() - session.authenticatedAt)::float8', 'proof_age')
      .addSelect('extract(epoch FROM now() - session.secondFactorAt)::float8', 'second_factor_age')
      .addSelect(factorTypesOf('user.id'), 'factors')
      .where('session.id = :sessionId AND session.userId = :userId', { sessionId, userId })
      .andWhere(unindexed('session.endedAt IS NULL AND session.expiresAt > now()'))
      .andWhere(unindexed('user.isActive AND user.deletedAt IS NULL'))
      .getRawAndEntities<BesideSession>();
    if (!session) throw new InvalidTokenError();

    // Uses times relative to the clock of the database, which may differ from this machine's.
    const now = Date.now();
    const ago = (seconds: number) => new Date(now - seconds * 1_000);
    const signIn = {
      ...{ ...NO_KEY, sessionId, methods: session.methods, authenticatedAt: ago(row.proof_age) },
      secondFactorAt: row.second_factor_age === null ? null : ago(row.second_factor_age),
    };
    const known: RememberedSession = {
      principal: principalOf({ user: session.user, factors: row.factors }, signIn, this.settings.roles),
      expiresAt: now + row.seconds_left * 1_000,
      confirmed: session.confirmedAt ? session.generation : session.generation - 1,
      live: false,
    };
    if (epoch === this.epoch && this.changes.isListening) known.live = this.sessions.set(sessionId, known);
    return known;
  }

  private keepToken(token: string, verified: VerifiedToken): void {
    const { known } = verified;
    if (known.token !== undefined) this.tokens.delete(known.token);
    known.token = token;
    this.tokens.set(token, verified);
  }
}
