import { Injectable } from '@nestjs/common';
import type { Client } from '../../../access/client.decorator.js';
import type { Assertion } from '../../factors/passkeys/webauthn/responses.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { AccountLinkService } from './account-link.service.js';
import { ProviderAnswersService } from '../../providers/waiting/provider-answers.service.js';
import { ProviderSignInService } from './provider-sign-in.service.js';
import type { ProviderStep } from './provider-step.dto.js';

/** Continues sign-ins with providers. */
@Injectable()
export class ProviderContinuation {
  constructor(
    private readonly answers: ProviderAnswersService,
    private readonly providerSignIn: ProviderSignInService,
    private readonly accountLink: AccountLinkService,
  ) {}

  /**
   * Continues a sign-in with a passkey of the account that an identity is to be connected to.
   *
   * @returns `null` if the sign-in waits for something else.
   * @throws errors of {@link AccountLinkService.withPasskey}.
   */
  withPasskey(token: string, passkey: Assertion, client: Client): Promise<TokenPair | null> {
    return this.accountLink.withPasskey(token, passkey, client);
  }

  /**
   * Continues a sign-in with what it waits for.
   *
   * @throws {InvalidSignInError} if the token is unknown, expired, used, waits for something else, or was tried too often.
   * @throws errors of the step.
   */
  async continue(token: string, step: ProviderStep, client: Client): Promise<TokenPair> {
    if ('username' in step) return this.providerSignIn.withUsername(token, step.username, client);
    if ('password' in step) return this.accountLink.withPassword(token, step.password, client);
    const identity = await this.answers.fetch(token, step.codeVerifier);
    return this.providerSignIn.settle(identity, client);
  }
}
