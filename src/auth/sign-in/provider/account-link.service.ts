import { Injectable } from '@nestjs/common';
import type { Client } from '../../../access/client.decorator.js';
import { InvalidProofError } from '../../factors/factors.errors.js';
import { InvalidCredentialsError } from '../../passwords/passwords.errors.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { PasswordSignInService } from '../password/password-sign-in.service.js';
import { IdentityDecisions } from './deciding/identity-decisions.js';
import { IdentitySignIns } from './waiting/identity-sign-ins.js';
import { AccountLinkRequiredError } from './provider-sign-in.errors.js';
import { ProviderSignInService } from './provider-sign-in.service.js';

/** Connects identities to accounts that have the same email address, after one proof of the account. */
@Injectable()
export class AccountLinkService {
  constructor(
    private readonly waiting: IdentitySignIns,
    private readonly decisions: IdentityDecisions,
    private readonly passwordSignIn: PasswordSignInService,
    private readonly providerSignIn: ProviderSignInService,
  ) {}

  /**
   * Proves the account with its password. The identity is connected when the session starts: if the account needs a second
   * factor, only after that.
   *
   * @param token - Sign-in token.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, or was tried too often.
   * @throws {InvalidProofError} if the password is wrong.
   * @throws {AccountLinkRequiredError} if a password does not prove this account.
   * @throws errors of {@link PasswordSignInService.signIn}.
   */
  async withPassword(token: string, password: string, client: Client): Promise<TokenPair> {
    const found = await this.waiting.count(token, 'account');
    if (!found) throw new InvalidSignInError();
    const { identity, sessionId, secondsLeft } = found;
    const decision = await this.decisions.decide(identity);
    if (decision.is !== 'account') {
      // Settled in the meantime: connected elsewhere, or the account has gone.
      if (!(await this.waiting.consume(token, 'account'))) throw new InvalidSignInError();
      return this.providerSignIn.settle(identity, client);
    }
    const proofs = await this.decisions.proofsOf(decision);
    if (!proofs.includes('password')) throw new AccountLinkRequiredError(token, proofs, secondsLeft);
    const { id: userId, email } = decision.user;
    try {
      return await this.passwordSignIn.signIn(email, password, client, {
        sessionId,
        hold: async (user, tx) => {
          const isSame = user.id === userId && (await this.waiting.claim(token, userId, tx));
          if (!isSame) throw new InvalidSignInError();
        },
      });
    } catch (error) {
      if (error instanceof InvalidCredentialsError) throw new InvalidProofError();
      throw error;
    }
  }
}
