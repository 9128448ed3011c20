import { hash, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { queryRows } from '../../database/query-rows.js';
import { MAX_TOKEN_LENGTH } from '../../http/input/max-length.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { deriveKeys, type Keys } from '../../keys/derived-keys.js';
import { isEqual, macOf } from '../../keys/mac.js';
import { canonicalEmail } from '../../names/canonical.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { AccountEvents } from '../../users/events/account-events.js';
import { EmailVerified } from '../../users/events/user-events.js';
import { AllSessionsEnding } from '../sessions/session-events.js';
import { emailOf } from '../../users/service-accounts/email-of.js';
import { EmailCode } from './email-code.entity.js';

/** Digits of a code: with {@link MAX_FAILURES} and {@link MAX_CODES}, 15 of 100 million can be guessed at a time. */
const DIGITS = 8;
/** Number of wrong codes that end a code. */
const MAX_FAILURES = 5;
/** Number of codes of an email address at a time; a further one ends the oldest. */
const MAX_CODES = 3;

/** Purpose of a code, and the secret of the client that requested it. */
export interface CodeBinding {
  /**
   * A code for one purpose is worth nothing for another one: `sign-in` begins a sign-in, `continue` goes on with one that has begun
   * in another way, and `confirm` is for a signed-in user.
   */
  readonly purpose: 'sign-in' | 'continue' | 'confirm';
  /** Sign-in token, or the id of the session that confirms its user's identity. */
  readonly token: string;
}

/** Issued code, for the message. */
export interface IssuedCode {
  code: string;
  expiresAt: Date;
}

/** Owner of an email address. */
export interface CodeOwner {
  /** Id of the account with the email address; `null` if there is none. */
  readonly id: string | null;
  /** In any spelling; `null` for a service account, to which none was sent. */
  readonly email: string | null;
}

/** Request whose code may be tried once more. */
export interface TriableCode {
  /** Owner of the email address; `null` if it has no account, or the message was not queued yet. */
  readonly userId: string | null;
  /** MAC of the email address: the same whether or not it has an account. */
  readonly addressHash: Buffer;
  readonly codeHash: Buffer | null;
}

/** Condition of a request whose code may be tried once more. */
const TRIABLE = `token_hash = $1 AND failures < ${MAX_FAILURES} AND expires_at > now()`;
/** Columns of a request, with the names of {@link TriableCode}. */
const COLUMNS = `user_id AS "userId", address_hash AS "addressHash", code_hash AS "codeHash"`;

/**
 * Codes that are sent by email. Only this service writes `auth_email_codes`.
 *
 * A code proves that its reader receives messages at the address, and is bound to a token that only the client has that
 * asked for it. So neither a stranger who asks, nor a scanner that reads the message, has anything of use.
 */
@Injectable()
export class EmailCodesService {
  private readonly codeKeys: Keys;
  private readonly addressKeys: Keys;

  constructor(
    @InjectRepository(EmailCode) private readonly codes: Repository<EmailCode>,
    private readonly settings: AuthSettings,
    events: AccountEvents,
    jobs: JobsService,
  ) {
    this.codeKeys = deriveKeys(settings, 'astra email code v1');
    this.addressKeys = deriveKeys(settings, 'astra email code address v1');
    // The account may have another owner now, or the address another mailbox.
    events.before(AllSessionsEnding, ({ userId }, tx) => tx.delete(EmailCode, { userId }));
    events.before(EmailVerified, ({ userId }, tx) => tx.delete(EmailCode, { userId }));
    jobs.schedule('purge-email-codes', '11,41 * * * *', (signal) => this.purge(signal));
  }

  /** Seconds until a code expires. */
  get ttl(): number {
    return this.settings.emailCodeTtl;
  }

  /**
   * Stores a request for a code. Every code is wrong until {@link issue} makes the right one, which happens only if
   * the email address has an account: this is done later, so that it takes no time here.
   *
   * @param email - As typed.
   * @returns the key of the request, which is no secret; `null` if too many wrong codes have ended it, until it expires.
   */
  async open(binding: CodeBinding, email: string, tx: EntityManager): Promise<Buffer | null> {
    const tokenHash = hashOfBinding(binding);
    const addressHash = macOf(canonicalEmail(email), this.addressKeys[0]);
    // One at a time for each address, so that concurrent requests do not leave more codes than allowed.
    await tx.query(
      `SELECT pg_advisory_xact_lock(hashtextextended('astra email code ' || encode($1, 'hex'), 0))`,
      [addressHash],
    );
    const opened = await queryRows(
      tx,
      `INSERT INTO auth_email_codes AS c (token_hash, address_hash, expires_at)
       VALUES ($1, $2, now() + make_interval(secs => $3))
       ON CONFLICT (token_hash) DO UPDATE
          SET address_hash = EXCLUDED.address_hash, user_id = NULL, code_hash = NULL, expires_at = EXCLUDED.expires_at,
              failures = CASE WHEN c.expires_at <= now() THEN 0 ELSE c.failures END
        WHERE c.failures < ${MAX_FAILURES} OR c.expires_at <= now() RETURNING token_hash`,
      [tokenHash, addressHash, this.ttl],
    );
    if (opened.length === 0) return null;
    await tx.query(
      `DELETE FROM auth_email_codes WHERE token_hash IN (
         SELECT token_hash FROM auth_email_codes WHERE address_hash = $1
          ORDER BY expires_at DESC, token_hash OFFSET ${MAX_CODES})`,
      [addressHash],
    );
    return tokenHash;
  }

  /**
   * Makes the code of a request, for the owner of the email address.
   *
   * @param tokenHash - Key of the request.
   * @param owner - Without an account if the code goes to an email address that has none.
   * @param tx - Transaction that has locked the account's row.
   * @returns `null` if the request has expired, was tried too often, was replaced, or is for another email address by now: the code of one
   *   would prove the other.
   */
  async issue(
    tokenHash: Buffer,
    { id: userId, email }: CodeOwner,
    tx: EntityManager,
  ): Promise<IssuedCode | null> {
    const canonical = canonicalEmail(emailOf({ email }));
    const addresses = this.addressKeys.map((key) => macOf(canonical, key));
    const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
    const [issued] = await queryRows<{ expiresAt: Date }>(
      tx,
      `UPDATE auth_email_codes SET user_id = $2, code_hash = $3
        WHERE ${TRIABLE} AND address_hash = ANY ($4) RETURNING expires_at AS "expiresAt"`,
      [tokenHash, userId, macOf(codeWith(tokenHash, code), this.codeKeys[0]), addresses],
    );
    return issued ? { code, expiresAt: issued.expiresAt } : null;
  }

  /** Finds the request of a token, without counting; `null` if it is unknown, expired, used, or was tried too often. */
  async find(binding: CodeBinding): Promise<TriableCode | null> {
    const [found] = await this.codes.query<TriableCode[]>(
      `SELECT ${COLUMNS} FROM auth_email_codes WHERE ${TRIABLE}`,
      [hashOfBinding(binding)],
    );
    return found ?? null;
  }

  /**
   * Counts a code, then verifies it.
   *
   * @returns whether it is right; `null` if the request has ended.
   */
  async verify(binding: CodeBinding, code: string): Promise<boolean | null> {
    const tokenHash = hashOfBinding(binding);
    const [tried] = await queryRows<TriableCode>(
      this.codes.manager,
      `UPDATE auth_email_codes SET failures = failures + 1 WHERE ${TRIABLE} RETURNING ${COLUMNS}`,
      [tokenHash],
    );
    return tried ? this.isRight(tried, tokenHash, code) : null;
  }

  /**
   * Uses a code, once, in the transaction that acts on it: one of several concurrent calls succeeds.
   *
   * @param owner - Current state of the account, whose row the transaction has locked.
   * @returns `false` if the code is wrong or has ended, or the email address is no longer the one it was sent to.
   */
  async consume(binding: CodeBinding, code: string, owner: CodeOwner, tx: EntityManager): Promise<boolean> {
    const tokenHash = hashOfBinding(binding);
    const [used] = await queryRows<TriableCode>(
      tx,
      `DELETE FROM auth_email_codes
        WHERE token_hash = $1 AND user_id IS NOT DISTINCT FROM $2 AND expires_at > now() RETURNING ${COLUMNS}`,
      [tokenHash, owner.id],
    );
    if (!used || !this.isRight(used, tokenHash, code)) return false;
    const email = canonicalEmail(emailOf(owner));
    return this.addressKeys.some((key) => isEqual(macOf(email, key), used.addressHash));
  }

  /** Deletes expired codes. Until then they are refused by their time of expiry. */
  async purge(signal?: AbortSignal): Promise<void> {
    const { dataSource } = this.codes.manager;
    await deleteInBatches(dataSource, 'auth_email_codes', 'expires_at <= now()', [], signal);
  }

  /** Compares in constant time, also with an address without an account, for which no code is right. */
  private isRight({ codeHash }: TriableCode, tokenHash: Buffer, code: string): boolean {
    const expected = codeHash ?? Buffer.alloc(32);
    const equal = this.codeKeys.map((key) => isEqual(macOf(codeWith(tokenHash, code), key), expected));
    return codeHash !== null && equal.includes(true);
  }
}

/**
 * Joins the code to its request, so that it is worth nothing with the token of another one. Both are
 * needed to compute the MAC, and the token is not stored.
 */
function codeWith(tokenHash: Buffer, code: string): Buffer {
  return Buffer.concat([tokenHash, Buffer.from(code)]);
}

/** Returns the key of a request. The purpose separates the tokens, so that none can stand in for another's. */
function hashOfBinding({ purpose, token }: CodeBinding): Buffer {
  return hash('sha256', `${purpose}\0${token.slice(0, MAX_TOKEN_LENGTH)}`, 'buffer');
}
