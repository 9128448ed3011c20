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

/** Verified token of the FastAPI service. */
export interface LegacyToken {
  /** UUIDv7 derived from the token and its time of issue: always the same, and unique to the token. */
  sessionId: string;
  /** Username at the time of issue. */
  username: string;
}

/**
 * Verifies tokens of the FastAPI service while the settings accept them.
 *
 * They contain the username at the time of the import, which may belong to another user now. They belong to no session,
 * so they are all revoked when all sessions of their user are ended.
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

  /**
   * Verifies a token.
   *
   * @returns `null` if it is not a valid token of this type, or none are accepted.
   */
  read(token: string, type: LegacyTokenType): LegacyToken | null {
    if (!this.key || Date.now() >= this.until) return null;
    const claims = readLegacyToken(token, type, this.key);
    return claims && { sessionId: idOf(token, claims), username: claims.username };
  }

  /**
   * Finds the holder of a token, if active and not signed out everywhere since.
   *
   * @param options.lock - Locks the account until the transaction ends. Default `false`.
   */
  async findHolder(
    { username }: LegacyToken,
    { tx = this.db.manager, lock = false }: { tx?: EntityManager; lock?: boolean } = {},
  ): Promise<User | null> {
    const user = await this.importedUsers.findTokenHolder(username, tx, { lock });
    // A sign-in with a password would be refused as well.
    const isMissingProof = this.authSettings.emailVerification === 'required' && !user?.emailVerifiedAt;
    return isMissingProof ? null : user;
  }
}

/** Derives the id of the session from the token, so that a second use of the token meets the first session. */
function idOf(token: string, { expiresAt }: LegacyClaims): string {
  const random = hash('sha256', token, 'buffer').subarray(0, 16);
  return uuid({ msecs: Math.floor((expiresAt - LEGACY_LIFE) * 1000), random });
}
