import { hash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { AuthSettings } from '../../settings/auth-settings.js';
import { FastapiSettings } from '../fastapi-settings.js';
import { ImportedUsersService } from '../imported-users.service.js';
import type { User } from '../../users/user.entity.js';
import { secretSigningKey, type VerificationKey } from '../../auth/tokens/keys/signing-key.js';
import { LEGACY_LIFE, type LegacyClaims, type LegacyTokenType, readLegacyToken } from './legacy-token.js';

/** A token of the FastAPI service that was found good. */
export interface LegacyToken {
  /** A UUIDv7 made from the token and its time of issue: it always is the same, and no other token's. */
  sessionId: string;
  /** As it was there. */
  username: string;
}

/**
 * Honours the tokens of the FastAPI service, if the settings say so and until the moment that they say.
 *
 * They name a username, which is that of the time of the import: whoever has the name by now is not meant. And they
 * belong to no session, so they end all at once, when all sessions of their user do.
 */
@Injectable()
export class LegacyTokensService {
  private readonly key?: VerificationKey;
  private readonly until: number = 0;

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly importedUsers: ImportedUsersService,
    private readonly authSettings: AuthSettings,
    { legacyTokens }: FastapiSettings,
  ) {
    if (!legacyTokens) return;
    this.key = secretSigningKey(legacyTokens.secretKey);
    this.until = legacyTokens.until.getTime();
    const logger = new Logger(LegacyTokensService.name);
    const time = legacyTokens.until.toISOString();
    if (this.until > Date.now()) logger.warn(`Tokens of the FastAPI service are accepted until ${time}`);
    else
      logger.warn(
        `Tokens of the FastAPI service have been rejected since ${time}: LEGACY_SECRET_KEY can be removed`,
      );
  }

  /** @returns `null` if it is not a live token of that service and type, or none is honoured. */
  read(token: string, type: LegacyTokenType): LegacyToken | null {
    if (!this.key || Date.now() >= this.until) return null;
    const claims = readLegacyToken(token, type, this.key);
    return claims && { sessionId: idOf(token, claims), username: claims.username };
  }

  /**
   * Finds who holds a token, as long as that one is active and not all their sessions have ended.
   *
   * @param options.lock - Holds the account as it is until the transaction ends.
   */
  async findHolder(
    { username }: LegacyToken,
    { tx = this.db.manager, lock = false }: { tx?: EntityManager; lock?: boolean } = {},
  ): Promise<User | null> {
    const user = await this.importedUsers.findTokenHolder(username, tx, { lock });
    // Nor would sign-in let them in.
    const isMissingProof = this.authSettings.emailVerification === 'required' && !user?.emailVerifiedAt;
    return isMissingProof ? null : user;
  }
}

function idOf(token: string, { expiresAt }: LegacyClaims): string {
  const random = hash('sha256', token, 'buffer').subarray(0, 16);
  return uuid({ msecs: Math.floor((expiresAt - LEGACY_LIFE) * 1000), random });
}
