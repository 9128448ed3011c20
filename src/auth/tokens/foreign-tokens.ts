import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import type { User } from '../../users/user.entity.js';
import type { TokenPair } from './token-pairs.js';

/** Holder of a foreign access token. */
export interface ForeignHolder {
  user: User;
  /** UUID derived from the token; no session has this id. */
  sessionId: string;
}

/** Service that accounts were migrated from, whose tokens are accepted for a while. */
export interface ForeignTokenSource {
  /**
   * Finds the holder of an access token.
   *
   * @returns `null` if it is not a valid token of this source.
   */
  findHolder(accessToken: string): Promise<ForeignHolder | null>;
  /**
   * Starts a session for a refresh token.
   *
   * @returns `undefined`, without waiting, if it is not a token of this source.
   * @throws {InvalidRefreshTokenError} if its user may not sign in.
   */
  exchange(refreshToken: string, client: Client): Promise<TokenPair> | undefined;
  /**
   * Revokes a refresh token.
   *
   * @returns `undefined`, without waiting, if it is not a token of this source.
   */
  revoke(refreshToken: string, client: Client): Promise<void> | undefined;
  /** Revokes all foreign tokens of a user whose access token belongs to no session. */
  signOut(userId: string, client: Client): Promise<void>;
}

/** Registry of sources whose tokens Astra accepts besides its own. A source adds itself when it is created. */
@Injectable()
export class ForeignTokens {
  private readonly sources: ForeignTokenSource[] = [];

  /** Registers a source. Sources are asked in the order of registration. */
  add(source: ForeignTokenSource): void {
    this.sources.push(source);
  }

  /** @returns `null` if no source knows the token. */
  async findHolder(accessToken: string): Promise<ForeignHolder | null> {
    for (const source of this.sources) {
      const holder = await source.findHolder(accessToken);
      if (holder) return holder;
    }
    return null;
  }

  /** @returns `undefined` if no source knows the token. */
  exchange(refreshToken: string, client: Client): Promise<TokenPair> | undefined {
    return this.first((source) => source.exchange(refreshToken, client));
  }

  /** @returns `undefined` if no source knows the token. */
  revoke(refreshToken: string, client: Client): Promise<void> | undefined {
    return this.first((source) => source.revoke(refreshToken, client));
  }

  async signOut(userId: string, client: Client): Promise<void> {
    for (const source of this.sources) await source.signOut(userId, client);
  }

  /** Asks the sources in order until one recognizes the token. */
  private first<T>(ask: (source: ForeignTokenSource) => T | undefined): T | undefined {
    for (const source of this.sources) {
      const answer = ask(source);
      if (answer) return answer;
    }
    return undefined;
  }
}
