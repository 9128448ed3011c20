import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { AuditService } from '../../../audit/audit.service.js';
import { MailService } from '../../../mail/mail.service.js';
import { Ceremonies, seemsCopied, type UserVerification, type VerifiedAssertion } from './ceremonies.js';
import type { ChallengeUse } from './challenges.js';
import { InvalidPasskeyError } from './passkeys.errors.js';
import { authenticatorName } from './webauthn/authenticator-names.js';
import type { Assertion } from './webauthn/responses.js';

/** Verifies passkeys as proofs, and reports those that seem to exist twice. */
@Injectable()
export class PasskeyProofsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly ceremonies: Ceremonies,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Verifies the signature of a passkey. See {@link Ceremonies.verify}. One whose counter did not rise is reported once.
   *
   * @throws {UnknownPasskeyError} if there is no passkey with its credential id.
   * @throws {InvalidPasskeyError} for every other reason.
   */
  async verify(
    assertion: Assertion,
    use: ChallengeUse,
    options: UserVerification & { owner?: string },
    client: Client,
  ): Promise<VerifiedAssertion> {
    const verified = await this.ceremonies.verify(assertion, use, options);
    if (!seemsCopied(verified)) return verified;
    await this.report(verified, client);
    throw new InvalidPasskeyError();
  }

  /** Notifies the user in a transaction of its own, because the proof is refused. */
  /** Notifies the user and records it. Nothing is ended: a copied counter is a signal, but no proof (WebAuthn Level 3, 6.1.1). */
  private async report({ passkey, challenge }: VerifiedAssertion, client: Client): Promise<void> {
    const { id, user, aaguid } = passkey;
    await this.db.transaction(async (tx) => {
      // A response that was sent twice has an old counter, too, and is no second authenticator.
      if (!(await this.ceremonies.useChallenge(challenge, tx))) return;
      const notice = { authenticator: authenticatorName(aaguid), usedAt: new Date() };
      await this.mail.enqueue('passkey-copied', user, notice, tx);
      const event = { userId: user.id, actorId: null, client, data: { passkey: id } };
      await this.audit.record({ type: 'authn_passkey_clone_suspected', ...event }, tx);
    });
  }
}
