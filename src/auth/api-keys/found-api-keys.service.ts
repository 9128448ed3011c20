import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { ApiKeyChangesService } from './api-key-changes.service.js';
import { claimsToBeApiKey, hashOfApiKey } from './api-key-token.js';

/** Revokes API keys by their tokens, so that a person who finds one, such as in source code, can end it without an account. */
@Injectable()
export class FoundApiKeysService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly changes: ApiKeyChangesService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Revokes the API key with a token, if there is one.
   *
   * @returns whether the token claims to be an API key; nothing tells whether there was one.
   */
  async revoke(token: string, client: Client): Promise<boolean> {
    const { prefix } = this.settings.apiKeys;
    if (!claimsToBeApiKey(token, prefix)) return false;
    const hash = hashOfApiKey(token, prefix);
    const change = { actorId: null, client, reason: 'found' } as const;
    if (hash) await this.db.transaction((tx) => this.changes.revokeHash(hash, change, tx));
    return true;
  }
}
