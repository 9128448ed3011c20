import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { deleteInBatches } from '../../../database/delete-in-batches.js';
import { queryRows } from '../../../database/query-rows.js';
import { JobsService } from '../../../jobs/jobs.service.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { AccountEvents } from '../../../users/events/account-events.js';
import { hashOf, newToken } from '../../one-time-tokens/one-time-tokens.js';
import type { ProvenIdentity } from '../proven-identity.js';
import { IdentitiesService } from '../identities/identities.service.js';
import { AllSessionsEnding, SignedIn } from '../../sessions/session-events.js';
import { UsersService } from '../../../users/users.service.js';
import { IdentitySignIn, type IdentityStep } from './identity-sign-in.entity.js';

/** Lifetime in seconds of a sign-in that waits for its user. */
export const IDENTITY_SIGN_IN_TTL = 600;
/** Lifetime in seconds of a sign-in that waits for its app, which has only just got the token. */
const TICKET_TTL = 60;
/** Number of proofs that can be tried with one token. */
const MAX_FAILURES = 5;

/** Sign-in that can be continued. */
export interface WaitingIdentity {
  /** With the address that its user has named, which is not confirmed yet. */
  identity: ProvenIdentity & { readonly namedEmail?: string };
  step: IdentityStep;
  appChallenge: Buffer | null;
  sessionId: string;
  /** Seconds until its token expires. */
  secondsLeft: number;
}

const WAITING = `identity, step, app_challenge AS "appChallenge", session_id AS "sessionId",
  greatest(0, ceil(extract(epoch FROM expires_at - now())))::int AS "secondsLeft"`;

/** Unclaimed and live. */
const USABLE = 'token_hash = $1 AND step = $2 AND user_id IS NULL AND expires_at > now()';

/**
 * Sign-ins with providers that wait for their app, a proof of an account, or a name. Only this class writes
 * `auth_identity_sign_ins`.
 *
 * A sign-in that waits for an account names the session that the proof will start. When that session starts, perhaps only
 * after a second factor, the identity is connected, in the same transaction: a proof that was not enough connects nothing.
 */
@Injectable()
export class IdentitySignIns {
  constructor(
    @InjectRepository(IdentitySignIn) private readonly signIns: Repository<IdentitySignIn>,
    private readonly identities: IdentitiesService,
    private readonly users: UsersService,
    private readonly settings: AuthSettings,
    events: AccountEvents,
    jobs: JobsService,
  ) {
    // Without providers, sign-ins cost no statement more.
    if (this.isUsed) events.before(SignedIn, (event, tx) => this.linkClaimed(event, tx));
    events.before(AllSessionsEnding, ({ userId }, tx) => tx.delete(IdentitySignIn, { userId }));
    jobs.schedule('purge-identity-sign-ins', '*/30 * * * *', (signal) => this.purge(signal));
  }

  /** Whether there are providers. Sign-ins that wait may be asked for here in any case. */
  private get isUsed(): boolean {
    return this.settings.providers.all.size > 0;
  }

  /**
   * Stores a sign-in.
   *
   * @param appChallenge - For the step `app`: S256 of the app's verifier, as base64url. Default none.
   * @returns its token: 32 random bytes as base64url.
   */
  async open(
    identity: ProvenIdentity,
    step: IdentityStep,
    tx: EntityManager,
    appChallenge?: string,
  ): Promise<string> {
    const token = newToken();
    const challenge = appChallenge === undefined ? null : Buffer.from(appChallenge, 'base64url');
    const ttl = step === 'app' ? TICKET_TTL : IDENTITY_SIGN_IN_TTL;
    await tx.query(
      `INSERT INTO auth_identity_sign_ins (token_hash, identity, step, app_challenge, session_id, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))`,
      [hashOf(token), JSON.stringify(identity), step, challenge, uuid(), ttl],
    );
    return token;
  }

  /**
   * Counts a proof before it is verified.
   *
   * @returns `null` if the token is unknown, expired, used, of another step, or was tried too often.
   */
  async count(token: string, step: IdentityStep): Promise<WaitingIdentity | null> {
    if (!this.isUsed) return null;
    const [counted] = await queryRows<WaitingIdentity>(
      this.signIns.manager,
      `UPDATE auth_identity_sign_ins SET failures = failures + 1
        WHERE ${USABLE} AND failures < ${MAX_FAILURES} RETURNING ${WAITING}`,
      [hashOf(token), step],
    );
    return counted ?? null;
  }

  /**
   * Finds a sign-in that waits for a code by email; `null` if there is none, or other proofs were tried too often. Codes are
   * counted by themselves.
   */
  async findForCode(token: string): Promise<WaitingIdentity | null> {
    if (!this.isUsed) return null;
    const [found] = await this.signIns.query<WaitingIdentity[]>(
      `SELECT ${WAITING} FROM auth_identity_sign_ins
        WHERE token_hash = $1 AND step IN ('account', 'email') AND user_id IS NULL AND failures < ${MAX_FAILURES}
          AND expires_at > now()`,
      [hashOf(token)],
    );
    return found ?? null;
  }

  /** Stores the email address that its user names. A code sent to the one before is worth nothing any longer. */
  async name(token: string, email: string): Promise<void> {
    await this.signIns.query(
      `UPDATE auth_identity_sign_ins SET identity = identity || jsonb_build_object('namedEmail', $3::text) WHERE ${USABLE}`,
      [hashOf(token), 'email' satisfies IdentityStep, email],
    );
  }

  /** Uses a sign-in up: one of several concurrent calls succeeds. Returns whether this is the one. */
  async consume(
    token: string,
    step: IdentityStep,
    tx: EntityManager = this.signIns.manager,
  ): Promise<boolean> {
    const used = await queryRows(tx, `DELETE FROM auth_identity_sign_ins WHERE ${USABLE} RETURNING 1`, [
      hashOf(token),
      step,
    ]);
    return used.length > 0;
  }

  /**
   * Uses a sign-in up for the user who has verified the account, and keeps it until the session starts.
   *
   * @param tx - Transaction that has locked the account's row.
   * @returns whether it could still be used. One of several concurrent calls succeeds.
   */
  async claim(token: string, userId: string, tx: EntityManager): Promise<boolean> {
    const claimed = await queryRows(
      tx,
      `UPDATE auth_identity_sign_ins SET user_id = $2, expires_at = now() + make_interval(secs => $3)
        WHERE token_hash = $1 AND step IN ('account', 'email') AND user_id IS NULL AND expires_at > now() RETURNING 1`,
      [hashOf(token), userId, IDENTITY_SIGN_IN_TTL],
    );
    return claimed.length > 0;
  }

  /** Deletes expired sign-ins. Until then they are refused by their time of expiry. */
  async purge(signal?: AbortSignal): Promise<void> {
    const { dataSource } = this.signIns.manager;
    await deleteInBatches(dataSource, 'auth_identity_sign_ins', 'expires_at <= now()', [], signal);
  }

  /** Connects the identity whose account was verified by the session that starts. */
  private async linkClaimed({ userId, sessionId, client }: SignedIn, tx: EntityManager): Promise<void> {
    const [claimed] = await queryRows<{ identity: ProvenIdentity }>(
      tx,
      'DELETE FROM auth_identity_sign_ins WHERE session_id = $1 AND user_id = $2 RETURNING identity',
      [sessionId, userId],
    );
    if (claimed) await this.identities.link(claimed.identity, await this.users.get(userId, tx), client, tx);
  }
}
