import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { InvalidTokenError } from '../../../access/access.errors.js';
import type { Client } from '../../../access/client.decorator.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { UsersService } from '../../../users/users.service.js';
import { SessionsService } from '../../sessions/sessions.service.js';
import { ApiKeyChangesService, type ApiKeyWishes, type CreatedApiKey } from '../api-key-changes.service.js';

/** Creates and revokes API keys for the signed-in user. */
@Injectable()
export class OwnApiKeysService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly changes: ApiKeyChangesService,
  ) {}

  /**
   * Creates an API key of the user. See {@link ApiKeyChangesService.create}.
   *
   * @throws {InvalidTokenError} if the session ended, or the user was deactivated, at the same moment.
   */
  create(
    { userId, sessionId }: SessionPrincipal,
    wishes: ApiKeyWishes,
    client: Client,
  ): Promise<CreatedApiKey> {
    return this.db.transaction(async (tx) => {
      // Keys of one account are created one after the other, so that the limit holds.
      const user = await this.users.lockActive(userId, tx);
      // A password reset that ended the session has also revoked all keys.
      if (!user || !(await this.sessions.isLive(sessionId, tx))) throw new InvalidTokenError();
      return this.changes.create(user, wishes, { actorId: userId, client }, tx);
    });
  }

  /**
   * Revokes an API key of the user, on all instances.
   *
   * @throws {NotFoundError} if the user has no such key.
   */
  revoke(id: string, userId: string, client: Client): Promise<void> {
    return this.db.transaction(async (tx) => {
      if (!(await this.changes.revoke(id, userId, { actorId: userId, client }, tx)))
        throw new NotFoundError('API key not found.');
    });
  }
}
