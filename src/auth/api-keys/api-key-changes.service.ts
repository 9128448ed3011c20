import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { InvalidInputError } from '../../http/problem/problem.js';
import { MailService } from '../../mail/mail.service.js';
import { DEFAULT_API_KEY_DAYS } from '../../settings/api-keys/api-key-settings.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { AccountEvents } from '../../users/events/account-events.js';
import type { User } from '../../users/user.entity.js';
import { ApiKeyCreated, ApiKeyRevoked } from './api-key-events.js';
import { newApiKeyToken } from './api-key-token.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeysService } from './api-keys.service.js';

/** Wishes for a new API key. */
export interface ApiKeyWishes {
  name: string;
  scopes: readonly string[];
  /** Lifetime in days. Default 90, or the maximum if that is less. */
  days?: number;
}

/** Cause of a change of API keys, for the audit trail. */
export interface ApiKeyChange {
  /** Signed-in user who does it; `null` if nobody is. */
  actorId: string | null;
  /** `null` if there was no request, such as for a command. */
  client: Client | null;
  /**
   * Reason of a revocation: a reset of the password, an account that returns to its owner from a stranger, or a found
   * token. Default: their owner or an admin revokes them.
   */
  reason?: 'password_reset' | 'reclaimed' | 'found';
}

/** New API key, with its token, which is shown once. */
export interface CreatedApiKey {
  key: ApiKey;
  token: string;
}

/**
 * Creates and revokes API keys, with all that follows: events, the message, the audit trail. All of it takes part in the
 * transaction of the change.
 */
@Injectable()
export class ApiKeyChangesService {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly events: AccountEvents,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Creates an API key of a user.
   *
   * @param tx - Transaction that has locked the account's row.
   * @throws {InvalidInputError} if a scope is unknown, or the role of the user can never use it, or the lifetime is too long.
   * @throws {TooManyApiKeysError} if the user has as many as possible.
   */
  async create(
    user: User,
    { name, scopes, days }: ApiKeyWishes,
    { actorId, client }: ApiKeyChange,
    tx: EntityManager,
  ): Promise<CreatedApiKey> {
    this.assertAllowed(user, scopes, days);
    const { prefix, maxDays } = this.settings.apiKeys;
    const token = newApiKeyToken(prefix, user.kind === 'service' ? 'svc' : 'pat');
    const key = await this.keys.add(
      {
        ...{ userId: user.id, name, scopes: [...scopes], createdBy: actorId, token },
        days: days ?? Math.min(DEFAULT_API_KEY_DAYS, maxDays),
      },
      tx,
    );
    await this.events.emit(new ApiKeyCreated(user.id, key.id, key.scopes), tx);
    if (user.kind === 'person') {
      const { createdAt, expiresAt } = key;
      const notice = { scopes: key.scopes.join(', '), createdAt, expiresAt };
      await this.mail.enqueue('api-key-created', user, notice, tx);
    }
    const data = { key: key.id, scopes: key.scopes, expires_at: key.expiresAt.toISOString() };
    await this.audit.record({ type: 'authn_token_created', userId: user.id, actorId, client, data }, tx);
    return { key, token };
  }

  /**
   * Revokes one API key of a user.
   *
   * @returns whether the user had it.
   */
  async revoke(id: string, userId: string, change: ApiKeyChange, tx: EntityManager): Promise<boolean> {
    const parameters = [id, userId];
    return (await this.revokeMatching('k.id = $1 AND k.user_id = $2', parameters, change, tx)) > 0;
  }

  /** Revokes all API keys of a user, since somebody else may have created them. */
  async revokeAll(userId: string, change: ApiKeyChange, tx: EntityManager): Promise<void> {
    await this.revokeMatching('k.user_id = $1', [userId], change, tx);
  }

  /** Revokes the API key with the hash of a token, if there is one. */
  async revokeHash(tokenHash: Buffer, change: ApiKeyChange, tx: EntityManager): Promise<void> {
    await this.revokeMatching('k.token_hash = $1', [tokenHash], change, tx);
  }

  /** Revokes the keys that match a condition. Returns their number. See {@link ApiKeysService.remove}. */
  private async revokeMatching(
    condition: string,
    parameters: unknown[],
    { actorId, client, reason }: ApiKeyChange,
    tx: EntityManager,
  ): Promise<number> {
    const removed = await this.keys.remove(condition, parameters, tx);
    for (const { id, userId } of removed) await this.events.emit(new ApiKeyRevoked(userId, id), tx);
    await this.audit.recordAll(
      removed.map(({ id: key, userId }) => ({
        ...{ type: 'authn_token_revoked', userId, actorId, client },
        data: { key, ...(reason && { reason }) },
      })),
      tx,
    );
    return removed.length;
  }

  /** Checks the scopes against the role, and the lifetime against the settings. */
  private assertAllowed({ role }: User, scopes: readonly string[], days: number | undefined): void {
    const { scopes: known, maxDays } = this.settings.apiKeys;
    const isUsable = (scope: string) => {
      const roles = known.get(scope);
      return roles === 'all' || roles?.includes(role);
    };
    const errors = [];
    if (!scopes.every(isUsable)) {
      const usable = [...known.keys()].filter(isUsable).join(', ');
      const msg = `These scopes must be some of: ${usable}.`;
      errors.push({ loc: ['body', 'scopes'], code: 'scope_unknown', msg });
    }
    if (days !== undefined && days > maxDays) {
      const msg = `This must be a whole number from 1 to ${maxDays}.`;
      errors.push({ loc: ['body', 'expires_in_days'], code: 'less_than_equal', msg });
    }
    if (errors.length > 0) throw new InvalidInputError(errors);
  }
}
