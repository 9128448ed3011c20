import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  ApiKeyChangesService,
  type ApiKeyWishes,
  type CreatedApiKey,
} from '../../../auth/api-keys/api-key-changes.service.js';
import type { ApiKey } from '../../../auth/api-keys/api-key.entity.js';
import { NotForPersonsError } from '../../../auth/api-keys/api-keys.errors.js';
import { ApiKeysService } from '../../../auth/api-keys/api-keys.service.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import type { Page, PageQuery } from '../../../paging/page.js';
import { UsersService } from '../../../users/users.service.js';
import type { Operator } from '../operator.js';

/** Shows and revokes API keys of any account on behalf of admins, and creates those of service accounts. */
@Injectable()
export class UserApiKeysService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly keys: ApiKeysService,
    private readonly changes: ApiKeyChangesService,
  ) {}

  /**
   * Returns a page of the API keys of an account, newest first.
   *
   * @throws {NotFoundError} if there is no such account.
   */
  async list(userId: string, query: PageQuery): Promise<Page<ApiKey>> {
    await this.users.get(userId);
    return this.keys.listOf(userId, query);
  }

  /**
   * Creates an API key of a service account. See {@link ApiKeyChangesService.create}.
   *
   * @throws {NotFoundError} if there is no such account.
   * @throws {NotForPersonsError} if it belongs to a person.
   */
  create(userId: string, wishes: ApiKeyWishes, { principal, client }: Operator): Promise<CreatedApiKey> {
    return this.db.transaction(async (tx) => {
      // Keys of one account are created one after the other, so that the limit holds.
      const user = await this.users.lock(userId, tx);
      if (user.kind === 'person') throw new NotForPersonsError();
      return this.changes.create(user, wishes, { actorId: principal.userId, client }, tx);
    });
  }

  /**
   * Revokes an API key of an account, on all instances.
   *
   * @throws {NotFoundError} if there is no such account, or it has no such key.
   */
  revoke(userId: string, key: string, { principal, client }: Operator): Promise<void> {
    return this.db.transaction(async (tx) => {
      await this.users.get(userId, tx);
      if (!(await this.changes.revoke(key, userId, { actorId: principal.userId, client }, tx)))
        throw new NotFoundError('API key not found.');
    });
  }
}
