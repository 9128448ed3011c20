import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { MAX_TOKEN_LENGTH } from '../../http/input/max-length.js';
import { JobsService } from '../../jobs/jobs.service.js';
import type { User } from '../../users/user.entity.js';
import { OneTimeToken, type TokenPurpose } from './one-time-token.entity.js';
import { InvalidMailTokenError } from './one-time-tokens.errors.js';

/** What a token is made for. */
export interface NewOneTimeToken {
  userId: string;
  purpose: TokenPurpose;
  /** Where it is sent. */
  email: string;
  /** Seconds. */
  ttl: number;
}

/** A token to be sent. Only its hash is stored. */
export interface IssuedToken {
  token: string;
  expiresAt: Date;
}

/** What the use of a token proves: that this user reads mail at this address. */
export interface RedeemedToken {
  userId: string;
  email: string;
}

/**
 * Secrets that go out by mail, each good for one thing and once. It alone writes `auth_one_time_tokens`.
 *
 * Whoever changes a password or an address, or deactivates or deletes an account, also calls
 * {@link OneTimeTokens.revokeAll}. All of them hold the account's row before they touch its tokens, so a token is
 * issued either before such a change, and ends with it, or after.
 */
@Injectable()
export class OneTimeTokens {
  constructor(
    @InjectRepository(OneTimeToken) private readonly tokens: Repository<OneTimeToken>,
    jobs: JobsService,
  ) {
    jobs.schedule('purge-one-time-tokens', '23 * * * *', (signal) => this.purge(signal));
  }

  /**
   * Makes a token: 32 random bytes, as base64url. The older one of that user and purpose ends.
   *
   * @param tx - A transaction that holds the account's row.
   */
  async issue({ userId, purpose, email, ttl }: NewOneTimeToken, tx: EntityManager): Promise<IssuedToken> {
    const token = newToken();
    const [{ expires_at: expiresAt }] = (await tx.query(
      `INSERT INTO auth_one_time_tokens (user_id, purpose, token_hash, email, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
       ON CONFLICT (user_id, purpose) DO UPDATE
          SET token_hash = EXCLUDED.token_hash, email = EXCLUDED.email, expires_at = EXCLUDED.expires_at
       RETURNING expires_at`,
      [userId, purpose, hashOf(token), email, ttl],
    )) as [{ expires_at: Date }];
    return { token, expiresAt };
  }

  /**
   * Tells whose token it is, without using it up.
   *
   * @throws {InvalidMailTokenError} if it is not good for that purpose, or its user is inactive or gone.
   */
  async ownerOf(token: string, purpose: TokenPurpose): Promise<User> {
    const found = await this.tokens
      .createQueryBuilder('token')
      .innerJoinAndSelect('token.user', 'user')
      .where('token.tokenHash = :hash AND token.purpose = :purpose', { hash: hashOf(token), purpose })
      .andWhere('token.expiresAt > now() AND user.isActive')
      .getOne();
    if (!found) throw new InvalidMailTokenError();
    return found.user;
  }

  /**
   * Uses a token up, as part of the transaction that does what it is for. Of several who try, one succeeds.
   *
   * @throws {InvalidMailTokenError} if it is not good for that purpose, or its user is inactive or gone.
   */
  async redeem(token: string, purpose: TokenPurpose, tx: EntityManager): Promise<RedeemedToken> {
    // First the account, then the token: in the order of all others, so that nobody waits in a circle.
    const [[used]] = (await tx.query(
      `WITH holder AS (
         SELECT u.id FROM auth_users u JOIN auth_one_time_tokens t ON t.user_id = u.id
          WHERE t.token_hash = $1 AND t.purpose = $2 AND u.is_active AND u.deleted_at IS NULL
            FOR NO KEY UPDATE OF u)
       DELETE FROM auth_one_time_tokens t USING holder
        WHERE t.user_id = holder.id AND t.token_hash = $1 AND t.purpose = $2 AND t.expires_at > now()
       RETURNING t.user_id AS "userId", t.email`,
      [hashOf(token), purpose],
    )) as [(RedeemedToken | undefined)[], number];
    if (!used) throw new InvalidMailTokenError();
    return used;
  }

  /** Ends all tokens of a user: what they were for has changed. */
  async revokeAll(userId: string, tx: EntityManager): Promise<void> {
    await tx.delete(OneTimeToken, { userId });
  }

  /** Removes expired tokens; they have been good for nothing since then. */
  async purge(signal?: AbortSignal): Promise<void> {
    const { dataSource } = this.tokens.manager;
    await deleteInBatches(dataSource, 'auth_one_time_tokens', 'expires_at <= now()', [], signal);
  }
}

/** 32 random bytes, as base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token. One that is longer than ours is cut: it is none of them in either case. */
export function hashOf(token: string): Buffer {
  return hash('sha256', token.slice(0, MAX_TOKEN_LENGTH), 'buffer');
}
