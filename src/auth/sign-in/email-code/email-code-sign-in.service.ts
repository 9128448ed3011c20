import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { UsersService } from '../../../users/users.service.js';
import { type CodeBinding, EmailCodesService } from '../../email-codes/email-codes.service.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { SignInService } from '../sign-in.service.js';
import { AddressOwnerService } from './address-owner.service.js';
import { type BegunSignIn, BegunSignIns } from './begun-sign-ins.js';
import { EmailCodeProofs } from './email-code-proofs.js';

/** Sign-in with a code that was sent by email. */
@Injectable()
export class EmailCodeSignInService {
  constructor(
    private readonly users: UsersService,
    private readonly codes: EmailCodesService,
    private readonly proofs: EmailCodeProofs,
    private readonly signIns: SignInService,
    private readonly owners: AddressOwnerService,
    private readonly begun: BegunSignIns,
  ) {}

  /**
   * Signs in with a code, or goes on with a sign-in that waits for one.
   *
   * @param token - Sign-in token of the request for the code.
   * @param code - 8 digits.
   * @throws errors of {@link EmailCodeProofs.verify}.
   * @throws {FactorRequiredError | FactorEnrolmentRequiredError} if the account also needs a second factor.
   * @throws {InactiveUserError} and errors of a host's hook, only after the right code.
   * @throws errors of {@link BegunSignIn.welcome}.
   */
  async signIn(token: string, code: string, client: Client): Promise<TokenPair> {
    const begun = await this.begun.find(token);
    // A code for a sign-in that has begun begins none, after that one has ended.
    const binding = { purpose: begun ? 'continue' : 'sign-in', token } as const;
    const { userId } = await this.proofs.verify(binding, code, client);
    const tokens = await (userId === null
      ? begun?.welcome((email, tx) => this.codes.consume(binding, code, { id: null, email }, tx), client)
      : this.signInAs(userId, { binding, code, begun }, client));
    // The code was used at the same time, or has ended with a change of the account.
    if (!tokens) throw new InvalidSignInError();
    return tokens;
  }

  /** Signs in as the owner of the email address. */
  private async signInAs(
    userId: string,
    { binding, code, begun }: { binding: CodeBinding; code: string; begun: BegunSignIn | null },
    client: Client,
  ): Promise<TokenPair | null> {
    const user = await this.users.find(userId);
    // Deleted since the code was right.
    if (!user) return null;
    const hold = async (tx: EntityManager) => {
      // The account is locked before the code, in the same order as everywhere else.
      const current = await this.users.lockActive(userId, tx);
      if (!current || !(await this.codes.consume(binding, code, current, tx))) return false;
      if (!current.emailVerifiedAt) await this.owners.takeOver(current, client, tx);
      // Rolls back what the code has done.
      if (begun && !(await begun.claim(current, tx))) throw new InvalidSignInError();
      return true;
    };
    const { sessionId } = begun ?? {};
    const proof = { method: 'email', reason: 'email', provesEmail: true, sessionId, hold } as const;
    return this.signIns.prove(user, proof, client);
  }
}
