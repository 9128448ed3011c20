import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { AccessChanges } from '../../database/notices/access-changes.js';
import { queryRows } from '../../database/query-rows.js';
import { pageNewestFirst } from '../../paging/newest-first.js';
import type { Page, PageQuery } from '../../paging/page.js';
import { ApiKey } from './api-key.entity.js';
import { TooManyApiKeysError } from './api-keys.errors.js';

/** Maximum number of unexpired API keys of a user. */
export const MAX_API_KEYS = 50;

/** Fields of a new API key. */
export interface NewApiKey extends Pick<ApiKey, 'userId' | 'name' | 'scopes' | 'createdBy'> {
  /** Its token, of which only the hash and the last letters are stored. */
  token: string;
  /** Lifetime in days. */
  days: number;
}

/** Stores API keys. Only this folder writes `auth_api_keys`. */
@Injectable()
export class ApiKeysService {
  constructor(
    @InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>,
    private readonly changes: AccessChanges,
  ) {}

  /**
   * Returns a page of a user's API keys, newest first, including those that expired a short time ago.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list.
   */
  listOf(userId: string, query: PageQuery): Promise<Page<ApiKey>> {
    return pageNewestFirst(
      this.keys.createQueryBuilder('key').where('key.userId = :userId', { userId }),
      query,
    );
  }

  /** Returns all API keys of a user, oldest first. */
  allOf(userId: string): Promise<ApiKey[]> {
    return this.keys.find({ where: { userId }, order: { id: 'ASC' } });
  }

  /**
   * Adds an API key.
   *
   * @param tx - Transaction that has locked the account's row, so that concurrent calls count one another's keys.
   * @throws {TooManyApiKeysError} if the user has {@link MAX_API_KEYS}.
   */
  async add({ token, days, ...key }: NewApiKey, tx: EntityManager): Promise<ApiKey> {
    const live = await tx
      .createQueryBuilder(ApiKey, 'key')
      .where('key.userId = :userId AND key.expiresAt > now()', { userId: key.userId })
      .getCount();
    if (live >= MAX_API_KEYS) throw new TooManyApiKeysError(MAX_API_KEYS);
    const id = uuid();
    // With SQL, so that a host's subscribers do not receive the hash.
    await tx.query(
      `INSERT INTO auth_api_keys (id, user_id, name, token_hash, hint, scopes, created_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now() + make_interval(days => $8))`,
      [
        ...[id, key.userId, key.name, hash('sha256', token, 'buffer'), token.slice(-4)],
        ...[key.scopes, key.createdBy, days],
      ],
    );
    return tx.findOneByOrFail(ApiKey, { id });
  }

  /**
   * Renames an API key of a user.
   *
   * @returns `null` if the user has no such key.
   */
  async rename(id: string, userId: string, name: string): Promise<ApiKey | null> {
    await this.keys.update({ id, userId }, { name });
    return this.keys.findOneBy({ id, userId });
  }

  /**
   * Removes API keys, and has all instances refuse them.
   *
   * @param condition - SQL condition for the keys `k`, with parameters from $1.
   * @returns the keys that were removed.
   */
  async remove(
    condition: string,
    parameters: unknown[],
    tx: EntityManager,
  ): Promise<Pick<ApiKey, 'id' | 'userId'>[]> {
    const removed = await queryRows<Pick<ApiKey, 'id' | 'userId'>>(
      tx,
      `DELETE FROM auth_api_keys k WHERE ${condition} RETURNING k.id, k.user_id AS "userId"`,
      parameters,
    );
    for (const { id } of removed) await this.changes.announce({ apiKey: id }, tx);
    return removed;
  }
}
