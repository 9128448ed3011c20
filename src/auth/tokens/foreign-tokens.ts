import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import type { User } from '../../users/user.entity.js';
import type { TokenPair } from './token-pairs.js';

/** Who holds an access token of another service. */
export interface ForeignHolder {
  user: User;
  /** A UUID that stands for the token: there is no session of this id. */
  sessionId: string;
}

/** A service that accounts were taken over from, and whose tokens are honoured for a while. */
export interface ForeignTokenSource {
  /** Finds who holds an access token. @returns `null` if it is not a live token of this source. */
  findHolder(accessToken: string): Promise<ForeignHolder | null>;
  /**
   * Begins a session for a refresh token.
   *
   * @returns `undefined`, at once, if it is not a token of this source.
   * @throws {InvalidRefreshTokenError} if its user may not sign in.
   */
  exchange(refreshToken: string, client: Client): Promise<TokenPair> | undefined;
  /** Revokes a refresh token. @returns `undefined`, at once, if it is not a token of this source. */
  revoke(refreshToken: string, client: Client): Promise<void> | undefined;
  /** Signs out somebody whose access token belongs to no session. */
  signOut(userId: string, client: Client): Promise<void>;
}

/** The tokens that are not Astra's own but honoured. Whoever brings a source adds it when it is made. */
@Injectable()
export class ForeignTokens {
  private readonly sources: ForeignTokenSource[] = [];

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

  private first<T>(ask: (source: ForeignTokenSource) => T | undefined): T | undefined {
    for (const source of this.sources) {
      const answer = ask(source);
      if (answer) return answer;
    }
    return undefined;
  }
}
