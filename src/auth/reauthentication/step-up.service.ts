import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { InvalidProofError } from '../factors/factors.errors.js';
import type { GivenProof } from '../factors/factors.service.js';
import { InvalidCredentialsError } from '../passwords/passwords.errors.js';
import { Reauthentication } from '../passwords/reauthentication.js';
import { EmailCodeConfirmationService } from './email-code-confirmation.service.js';
import { CodeConfirmationService } from './code-confirmation.service.js';
import { ProviderConfirmationService, type ProviderTicket } from './provider-confirmation.service.js';
import { type RenewedToken, SessionRenewal } from './session-renewal.js';

/** Proof of a signed-in user. */
export type ConfirmingProof = GivenProof | { password: string } | { emailCode: string } | ProviderTicket;

/**
 * Renews the proofs of a session, as sensitive operations require. A stolen access token alone cannot do it, and wrong
 * proofs are counted for its session, so that it cannot lock the owner out of the sign-in.
 */
@Injectable()
export class StepUpService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly passwords: Reauthentication,
    private readonly codes: CodeConfirmationService,
    private readonly emailCodes: EmailCodeConfirmationService,
    private readonly providers: ProviderConfirmationService,
    private readonly renewal: SessionRenewal,
  ) {}

  /**
   * Verifies a proof of the user, and renews the session: a password, a code by email or a sign-in with a provider is one
   * factor, any other proof two.
   *
   * @throws {InvalidProofError} if the proof is wrong.
   * @throws {TooManyRequestsError} after too many wrong proofs.
   * @throws {InvalidTokenError} if the session has ended, or the access token belongs to none.
   */
  async confirm(principal: SessionPrincipal, proof: ConfirmingProof, client: Client): Promise<RenewedToken> {
    const renew = (method: SignInMethod, tx: EntityManager) =>
      this.renewal.renew(principal, method, client, tx);
    if ('emailCode' in proof)
      return this.emailCodes.confirm(principal, proof.emailCode, client, (tx) => renew('email', tx));
    if ('codeVerifier' in proof) return this.providers.confirm(principal, proof, client, renew);
    if (!('password' in proof)) return this.codes.confirm(principal, proof, client, renew);
    try {
      const checked = await this.passwords.confirm(principal, proof.password, client);
      return await this.db.transaction(async (tx) => {
        await this.passwords.hold(checked, tx);
        return renew('pwd', tx);
      });
    } catch (error) {
      throw error instanceof InvalidCredentialsError ? new InvalidProofError() : error;
    }
  }
}
