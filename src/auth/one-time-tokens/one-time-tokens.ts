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
import { ACTIVE_USER } from '../../users/user-rows.js';

/** Input for a new token. */
export interface NewOneTimeToken {
  userId: string;
  purpose: TokenPurpose;
  /** Email address that the token is sent to. */
  email: string;
  /** Lifetime in seconds. */
  ttl: number;
}

/** Newly issued token. Only its hash is stored. */
export interface IssuedToken {
  token: string;
  expiresAt: Date;
}

/** Redeemed token. It proves that the user receives messages at the email address. */
export interface RedeemedToken {
  userId: string;
  email: string;
}

/**
 * One-time secrets in emails, each valid for one purpose. Only this service writes `auth_one_time_tokens`.
 *
 * A change of a password or an email address, a deactivation and a deletion also call {@link OneTimeTokens.revokeAll}.
 * Each of them locks the account's row before its tokens, so a token is issued either before the change, and revoked by
 * it, or after it.
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
   * Issues a token of 32 random bytes, as base64url. Replaces an earlier token of the same user and purpose.
   *
   * @param tx - Transaction that has locked the account's row.
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
   * Returns the owner of a token without redeeming it.
   *
   * @throws {InvalidMailTokenError} if the token is invalid for this purpose, or its user is inactive or deleted.
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
   * Redeems a token inside the transaction that acts on it. One of several concurrent calls succeeds.
   *
   * @throws {InvalidMailTokenError} if the token is invalid for this purpose, or its user is inactive or deleted.
   */
  async redeem(token: string, purpose: TokenPurpose, tx: EntityManager): Promise<RedeemedToken> {
    // Locks the account before the token, in the same order as everywhere else, to avoid deadlocks.
    const [[used]] = (await tx.query(
      `WITH holder AS (
         SELECT u.id FROM auth_users u JOIN auth_one_time_tokens t ON t.user_id = u.id
          WHERE t.token_hash = $1 AND t.purpose = $2 AND ${ACTIVE_USER}
            FOR NO KEY UPDATE OF u)
       DELETE FROM auth_one_time_tokens t USING holder
        WHERE t.user_id = holder.id AND t.token_hash = $1 AND t.purpose = $2 AND t.expires_at > now()
       RETURNING t.user_id AS "userId", t.email`,
      [hashOf(token), purpose],
    )) as [(RedeemedToken | undefined)[], number];
    if (!used) throw new InvalidMailTokenError();
    return used;
  }

  /** Revokes all tokens of a user, because what they were issued for has changed. */
  async revokeAll(userId: string, tx: EntityManager): Promise<void> {
    await tx.delete(OneTimeToken, { userId });
  }

  /** Deletes expired tokens. */
  async purge(signal?: AbortSignal): Promise<void> {
    const { dataSource } = this.tokens.manager;
    await deleteInBatches(dataSource, 'auth_one_time_tokens', 'expires_at <= now()', [], signal);
  }
}

/** Returns 32 random bytes as base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Returns the SHA-256 under which a token is stored. Input is cut to the maximum length of a token first, so that
 * hashing a long input costs nothing extra; a longer input matches no token anyway.
 */
export function hashOf(token: string): Buffer {
  return hash('sha256', token.slice(0, MAX_TOKEN_LENGTH), 'buffer');
}
