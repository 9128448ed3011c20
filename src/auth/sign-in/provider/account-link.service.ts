import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { emailOf } from '../../../users/service-accounts/email-of.js';
import type { User } from '../../../users/user.entity.js';
import { InvalidProofError } from '../../factors/factors.errors.js';
import { InvalidPasskeyError, UnknownPasskeyError } from '../../factors/passkeys/passkeys.errors.js';
import type { Assertion } from '../../factors/passkeys/webauthn/responses.js';
import { InvalidCredentialsError } from '../../passwords/passwords.errors.js';
import { IdentitySignIns } from '../../providers/waiting/identity-sign-ins.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { PasskeySignInService } from '../passkey/passkey-sign-in.service.js';
import { PasswordSignInService } from '../password/password-sign-in.service.js';
import { type AccountProof, linkingUseOf } from './deciding/account-proofs.js';
import { IdentityDecisions } from './deciding/identity-decisions.js';
import { AccountLinkRequiredError } from './provider-sign-in.errors.js';
import { ProviderSignInService } from './provider-sign-in.service.js';

/** Consequence of a proof of an account: the session that it starts, and what happens in its transaction. */
interface Linking {
  readonly sessionId: string;
  hold(user: Pick<User, 'id'>, tx: EntityManager): Promise<void>;
}

/** Connects identities to accounts that have the same email address, after one proof of the account. */
@Injectable()
export class AccountLinkService {
  constructor(
    private readonly waiting: IdentitySignIns,
    private readonly decisions: IdentityDecisions,
    private readonly passwordSignIn: PasswordSignInService,
    private readonly passkeySignIn: PasskeySignInService,
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
    const tokens = await this.connect(token, 'password', client, (user, consequence) =>
      this.passwordSignIn.signIn(emailOf(user), password, client, { consequence }),
    );
    if (!tokens) throw new InvalidSignInError();
    return tokens;
  }

  /**
   * Proves the account with a passkey that verifies its user, with the options of the {@link AccountLinkRequiredError}.
   *
   * @returns `null` if no sign-in with this token waits for an account: it may wait for something else.
   * @throws {InvalidProofError} if the passkey is refused.
   * @throws errors of {@link withPassword}, and of {@link PasskeySignInService.signIn}.
   */
  withPasskey(token: string, assertion: Assertion, client: Client): Promise<TokenPair | null> {
    return this.connect(token, 'passkey', client, ({ id: owner }, then) =>
      this.passkeySignIn.signIn(assertion, client, { use: linkingUseOf(token), owner, ...then }),
    );
  }

  /**
   * Proves the account that the identity has the email address of.
   *
   * @param signIn - Signs in with the proof.
   * @returns `null` if no sign-in with this token waits for an account.
   */
  private async connect(
    token: string,
    proof: AccountProof,
    client: Client,
    signIn: (user: User, then: Linking) => Promise<TokenPair>,
  ): Promise<TokenPair | null> {
    const found = await this.waiting.count(token, 'account');
    if (!found) return null;
    const { identity, sessionId, secondsLeft } = found;
    const decision = await this.decisions.decide(identity);
    if (decision.is !== 'account') {
      // Settled in the meantime: connected elsewhere, or the account has gone.
      if (!(await this.waiting.consume(token, 'account'))) throw new InvalidSignInError();
      return this.providerSignIn.settle(identity, client);
    }
    const offered = await this.decisions.proofsOf(decision, token);
    if (!offered.factors.includes(proof)) throw new AccountLinkRequiredError(token, offered, secondsLeft);
    const { id: userId } = decision.user;
    const hold = async (user: Pick<User, 'id'>, tx: EntityManager) => {
      const isSame = user.id === userId && (await this.waiting.claim(token, userId, tx));
      if (!isSame) throw new InvalidSignInError();
    };
    return signIn(decision.user, { sessionId, hold }).catch((error: unknown) => {
      const isWrong = [InvalidCredentialsError, InvalidPasskeyError, UnknownPasskeyError].some(
        (type) => error instanceof type,
      );
      throw isWrong ? new InvalidProofError() : error;
    });
  }
}
