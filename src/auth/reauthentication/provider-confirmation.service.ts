import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { SessionHolder } from '../../access/principal.js';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import { InvalidProofError } from '../factors/factors.errors.js';
import { ProviderDirectory } from '../providers/client/provider-directory.js';
import { IdentitiesService } from '../providers/identities/identities.service.js';
import type { ProvenIdentity } from '../providers/proven-identity.js';
import { CodeRefusedError } from '../providers/providers.errors.js';
import { ProviderAnswersService } from '../providers/waiting/provider-answers.service.js';

/** Sign-in with a provider that has come back to the app. */
export interface ProviderTicket {
  /** The `sign_in_token` of the URL. */
  readonly token: string;
  /** Verifier of the app that has begun it. */
  readonly codeVerifier: string;
}

/** Confirms the identity of signed-in users with a sign-in at a provider that their account is connected to. */
@Injectable()
export class ProviderConfirmationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly answers: ProviderAnswersService,
    private readonly identities: IdentitiesService,
    private readonly attempts: SignInAttemptsService,
    private readonly directory: ProviderDirectory,
  ) {}

  /** Returns the providers at which a user can confirm the identity: they say when their users have signed in. */
  async providersOf(userId: string): Promise<string[]> {
    const names = await this.identities.providersOf(userId);
    return names.filter((name) => !this.directory.get(name).provider.preset.withoutAuthTime);
  }

  /**
   * Uses the result of a sign-in with a provider, once. Wrong ones are counted for the session.
   *
   * @param then - Acts on it in the same transaction.
   * @throws {InvalidProofError} if it is unknown, expired or used, belongs to another user, or the provider did not have the user
   *   sign in again.
   * @throws {TooManyRequestsError} if the session has to wait.
   */
  async confirm<T>(
    { userId, sessionId }: SessionHolder,
    ticket: ProviderTicket,
    client: Client,
    then: (method: SignInMethod, tx: EntityManager) => Promise<T>,
  ): Promise<T> {
    const { identity, matches } = await this.attempts.checkAgain({ userId, sessionId, client }, async () => {
      const found = await this.redeem(ticket);
      // Users who are still signed in there are not asked for anything, so anybody at their browser could confirm.
      if (!found?.hasSignedInAgain) return { identity: null, matches: false };
      return { identity: found, matches: (await this.identities.findUser(found))?.id === userId };
    });
    const result =
      matches &&
      identity &&
      (await this.db.transaction(async (tx) => {
        if (!(await this.identities.use(identity, userId, tx))) return null;
        return { value: await then(identity.hasTwoFactors ? 'mfa' : 'fed', tx) };
      }));
    if (!result) throw new InvalidProofError();
    return result.value;
  }

  /** Returns the identity of a ticket; `null` if it is not valid. */
  private async redeem({ token, codeVerifier }: ProviderTicket): Promise<ProvenIdentity | null> {
    return this.answers.fetch(token, codeVerifier).catch((error: unknown) => {
      if (error instanceof CodeRefusedError) return null;
      throw error;
    });
  }
}
