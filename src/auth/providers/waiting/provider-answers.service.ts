import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Client } from '../../../access/client.decorator.js';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { isEqual } from '../../../keys/mac.js';
import { AccountEvents } from '../../../users/events/account-events.js';
import { UsedChallenges } from '../../one-time-tokens/used-challenges.js';
import { CLOCK_TOLERANCE, MAX_ID_TOKEN_AGE } from '../client/id-tokens.js';
import { type ProviderAnswer, readName } from '../client/provider-client.js';
import { ProviderDirectory } from '../client/provider-directory.js';
import { provenEvent } from '../identities/identity-events.js';
import { CodeRefusedError, InvalidIdTokenError } from '../providers.errors.js';
import { ProviderTrail } from '../provider-trail.js';
import type { ProvenIdentity } from '../proven-identity.js';
import { IdentitySignIns } from './identity-sign-ins.js';

/** ID token that a native app has received. */
export interface GivenIdToken {
  readonly idToken: string;
  readonly nonce: string;
  readonly fullName?: string;
}

/** Accepts what providers say about users, once, and hands it to the app that has asked for it. */
@Injectable()
export class ProviderAnswersService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly directory: ProviderDirectory,
    private readonly waiting: IdentitySignIns,
    private readonly used: UsedChallenges,
    private readonly events: AccountEvents,
    private readonly trail: ProviderTrail,
  ) {}

  /**
   * Keeps an answer for the app that has begun the sign-in.
   *
   * @param challenge - S256 of the verifier that the app keeps.
   * @returns a sign-in token that is valid for a minute, and worth nothing without the verifier: it travels in a URL.
   */
  keep(answer: ProviderAnswer, challenge: string): Promise<string> {
    return this.db.transaction(async (tx) => {
      await this.events.emit(provenEvent(answer), tx);
      return this.waiting.open(answer.identity, 'app', tx, challenge);
    });
  }

  /**
   * Returns the identity that is kept for an app, once.
   *
   * @param verifier - That of the app (RFC 7636).
   * @throws {CodeRefusedError} if the token is unknown, expired or used, or the verifier is another one.
   */
  async fetch(token: string, verifier: string): Promise<ProvenIdentity> {
    const found = await this.waiting.count(token, 'app');
    const isProven = found?.appChallenge && isEqual(hash('sha256', verifier, 'buffer'), found.appChallenge);
    if (!isProven || !(await this.waiting.consume(token, 'app'))) throw new CodeRefusedError();
    return found.identity;
  }

  /**
   * Accepts an ID token that a native app has received, once.
   *
   * @param fullName - Name for a new account, which Apple gives to the app only. Default that in the token.
   * @throws {NotFoundError} if there is no such provider.
   * @throws {InvalidIdTokenError} if the token is refused, or was used.
   * @throws {AccessDeniedError | ProviderUnavailableError} if the account, or the provider, cannot be used.
   */
  async accept(
    provider: string,
    { idToken, nonce, fullName }: GivenIdToken,
    client: Client,
  ): Promise<ProvenIdentity> {
    const known = this.directory.get(provider);
    const { identity } = await this.trail.watch(provider, client, async () => {
      const answer = await known.verify(idToken, nonce);
      await this.use(idToken, answer);
      return answer;
    });
    return fullName === undefined || identity.fullName !== null
      ? identity
      : { ...identity, fullName: readName(fullName) };
  }

  /** @throws {InvalidIdTokenError} if the token was used. */
  private async use(idToken: string, answer: ProviderAnswer): Promise<void> {
    const lifetime = (MAX_ID_TOKEN_AGE + 2 * CLOCK_TOLERANCE) * 1000;
    await this.db.transaction(async (tx) => {
      const use = {
        // Hash of the signed part only: the signature of an elliptic curve has a second spelling.
        hash: hash('sha256', `id token\0${idToken.slice(0, idToken.lastIndexOf('.'))}`, 'buffer'),
        expiresAt: new Date(Date.now() + lifetime),
      };
      if (!(await this.used.use(use, tx))) throw new InvalidIdTokenError();
      await this.events.emit(provenEvent(answer), tx);
    });
  }
}
