import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { User } from '../../users/user.entity.js';
import { ApiKeyChangesService } from '../api-keys/api-key-changes.service.js';
import { FactorsService } from '../factors/factors.service.js';
import { IdentitiesService } from '../providers/identities/identities.service.js';

/** Removes the access to an account that a stranger may have added to it, beside the password, sessions and links. */
@Injectable()
export class AddedAccessService {
  constructor(
    private readonly factors: FactorsService,
    private readonly identities: IdentitiesService,
    private readonly apiKeys: ApiKeyChangesService,
  ) {}

  /**
   * Removes second factors, passkeys, recovery codes and identities at providers, and revokes all API keys.
   *
   * @param user - Current state of the account, whose row the transaction has locked.
   * @param since - Keeps what was added before, except API keys: they only give access, and protect nothing. Default: keeps
   *   nothing.
   */
  async remove(user: User, client: Client, tx: EntityManager, since?: Date): Promise<void> {
    const actorId = user.id;
    await this.factors.removeAll({ user, actorId, client }, tx, since);
    await this.identities.removeAll(user, client, tx, since);
    await this.apiKeys.revokeAll(user.id, { actorId, client, reason: 'reclaimed' }, tx);
  }
}
