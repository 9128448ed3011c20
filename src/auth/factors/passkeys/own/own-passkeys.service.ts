import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidTokenError } from '../../../../access/access.errors.js';
import type { Client } from '../../../../access/client.decorator.js';
import type { SessionPrincipal } from '../../../../access/principal.js';
import { NotFoundError } from '../../../../http/problem/problem.js';
import { AuthSettings } from '../../../../settings/auth-settings.js';
import { UsersService } from '../../../../users/users.service.js';
import type { FactorChange } from '../../factor-consequences.js';
import { assertMayAddFactor } from '../../may-add-factor.js';
import { type AddedPasskey, PasskeyEnrolmentService } from '../changes/passkey-enrolment.service.js';
import { PasskeyRemovalService } from '../changes/passkey-removal.service.js';
import type { Registration } from '../webauthn/responses.js';

/** Adds and removes passkeys for the signed-in user. */
@Injectable()
export class OwnPasskeysService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly enrolment: PasskeyEnrolmentService,
    private readonly removal: PasskeyRemovalService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Returns the options with which the browser of the user creates a passkey. See {@link PasskeyEnrolmentService.options}.
   *
   * @throws {EmailNotVerifiedError} if the email address is not verified, unless the settings have that off.
   * @throws {TooManyPasskeysError} if the user has as many as possible.
   */
  async options(principal: SessionPrincipal): Promise<PublicKeyCredentialCreationOptionsJSON> {
    assertMayAddFactor(principal.emailVerified, this.settings);
    return this.enrolment.options(principal.userId, useOf(principal));
  }

  /**
   * Adds a passkey of the user.
   *
   * @param name - Default the name of the authenticator, or "Passkey".
   * @throws {ChallengeExpiredError} if the options have expired, were used, or are of another session.
   * @throws {InvalidInputError} if the passkey is invalid; the log has the reason.
   * @throws {PasskeyExistsError} if any user has it already.
   * @throws {TooManyPasskeysError} if the user has as many as possible.
   * @throws {EmailNotVerifiedError} if the email address is not verified, unless the settings have that off.
   */
  async add(
    principal: SessionPrincipal,
    registration: Registration,
    name: string | undefined,
    client: Client,
  ): Promise<AddedPasskey> {
    assertMayAddFactor(principal.emailVerified, this.settings);
    const verified = await this.enrolment.verify(registration, useOf(principal));
    return this.change(principal, client, (change, tx) => this.enrolment.add(verified, name, change, tx));
  }

  /**
   * Removes a passkey of the user, and ends all other sessions, which it may have started.
   *
   * @throws {NotFoundError} if the user has no such passkey.
   * @throws {LastSignInMethodError} if the user could not sign in any longer.
   * @throws {FactorRequiredByRoleError} if it is the last factor, and the role requires one.
   */
  async remove(id: string, principal: SessionPrincipal, client: Client): Promise<void> {
    const isRemoved = await this.change(principal, client, (change, tx) =>
      this.removal.remove(id, change, tx),
    );
    if (!isRemoved) throw new NotFoundError('Passkey not found.');
  }

  /** Locks the account, so that its ways to sign in change one after the other, and makes a change. */
  private change<T>(
    { userId, sessionId }: SessionPrincipal,
    client: Client,
    make: (change: FactorChange, tx: EntityManager) => Promise<T>,
  ): Promise<T> {
    return this.db.transaction(async (tx) => {
      const user = await this.users.lockActive(userId, tx);
      if (!user) throw new InvalidTokenError();
      return make({ user, actorId: userId, client, exceptSession: sessionId }, tx);
    });
  }
}

/** Binds options to the session, which cannot use those of another user or another device. */
const useOf = ({ sessionId }: SessionPrincipal) => ({ purpose: 'register', holder: sessionId }) as const;
