import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidTokenError } from '../../../../access/access.errors.js';
import type { Client } from '../../../../access/client.decorator.js';
import type { Principal } from '../../../../access/principal.js';
import { InvalidInputError } from '../../../../http/problem/problem.js';
import { AuthSettings } from '../../../../settings/auth-settings.js';
import type { User } from '../../../../users/user.entity.js';
import { UsersService } from '../../../../users/users.service.js';
import { EmailNotVerifiedError } from '../../../../users/users.errors.js';
import { Ceremonies, type VerifiedRegistration } from '../ceremonies.js';
import type { Passkey } from '../passkey.entity.js';
import { ChallengeExpiredError, TooManyPasskeysError } from '../passkeys.errors.js';
import { MAX_PASSKEYS, PasskeysService } from '../passkeys.service.js';
import { authenticatorName } from '../webauthn/authenticator-names.js';
import { passkeyInvalid } from '../webauthn/passkey-field.js';
import { PasskeyRefusal } from '../webauthn/passkey-refusal.js';
import type { Registration } from '../webauthn/responses.js';
import { PasskeyChanges } from './passkey-changes.js';
import { assertCanSignIn } from './sign-in-ways.js';

/** Added passkey. */
export interface AddedPasskey {
  passkey: Passkey;
  /** Recovery codes, which are shown once; empty unless it is the first factor. */
  recoveryCodes: string[];
}

/** Adds, renames and removes passkeys for their user. */
@Injectable()
export class OwnPasskeysService {
  private readonly logger = new Logger('Passkeys');

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly ceremonies: Ceremonies,
    private readonly passkeys: PasskeysService,
    private readonly changes: PasskeyChanges,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Returns the options with which the browser of a signed-in user creates a passkey. A key without a PIN is accepted as a
   * second factor, but not from a user without a password, who could not sign in with it.
   *
   * @throws {EmailNotVerifiedError} if the email address is not verified, unless the settings have that off.
   * @throws {TooManyPasskeysError} if the user has as many as possible.
   */
  async options(principal: Principal): Promise<PublicKeyCredentialCreationOptionsJSON> {
    this.assertVerified(principal);
    if ((await this.passkeys.allOf(principal.userId)).length >= MAX_PASSKEYS)
      throw new TooManyPasskeysError(MAX_PASSKEYS);
    const userVerified = !(await hasPassword(principal.userId, this.db.manager));
    const { userId: id, username, fullName } = principal;
    return this.ceremonies.creationOptions({ id, username, fullName }, useOf(principal), { userVerified });
  }

  /**
   * Adds a passkey of the signed-in user.
   *
   * @param name - Default the name of the authenticator, or "Passkey".
   * @throws {ChallengeExpiredError} if the options have expired, were used, or are of another session.
   * @throws {InvalidInputError} if the passkey is invalid; the log has the reason.
   * @throws {PasskeyExistsError} if any user has it already.
   * @throws {TooManyPasskeysError} if the user has as many as possible.
   * @throws {EmailNotVerifiedError} if the email address is not verified, unless the settings have that off.
   */
  async add(
    principal: Principal,
    registration: Registration,
    name: string | undefined,
    client: Client,
  ): Promise<AddedPasskey> {
    this.assertVerified(principal);
    const { credential, challenge } = await this.verify(registration, principal);
    const { aaguid, userVerified: uv, ...columns } = credential;
    const { transports, discoverable } = registration;
    const called = name ?? authenticatorName(aaguid) ?? 'Passkey';
    return this.db.transaction(async (tx) => {
      const user = await this.lock(principal.userId, tx);
      // A password may have been removed since the options were issued.
      if (!uv && !(await hasPassword(user.id, tx))) throw notAccepted();
      if (!(await this.ceremonies.useChallenge(challenge, tx))) throw new ChallengeExpiredError();
      const fields = { ...columns, aaguid, uv, discoverable, transports: [...transports], name: called };
      const passkey = await this.passkeys.add({ ...fields, userId: user.id }, tx);
      const { sessionId } = principal;
      return { passkey, recoveryCodes: await this.changes.added(passkey, user, { client, sessionId }, tx) };
    });
  }

  /**
   * Renames a passkey of a user.
   *
   * @throws {NotFoundError} if the user has no such passkey.
   */
  rename(id: string, { userId }: Principal, name: string): Promise<Passkey> {
    return this.db.transaction((tx) => this.passkeys.rename(id, userId, name, tx));
  }

  /**
   * Removes a passkey of the signed-in user, and ends all of the user's other sessions, which it may have started.
   *
   * @throws {NotFoundError} if the user has no such passkey.
   * @throws {LastSignInMethodError} if the user could not sign in any longer.
   * @throws {FactorRequiredByRoleError} if it is the last factor, and the role requires one.
   */
  async remove(id: string, { userId, sessionId }: Principal, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.lock(userId, tx);
      const passkey = await this.passkeys.remove(id, userId, tx);
      await assertCanSignIn(userId, tx);
      await this.changes.removed(passkey, user, { client, exceptSession: sessionId }, tx);
    });
  }

  /** Verifies a new passkey. A key that was only touched is refused later, if the user has no password. */
  /** Verifies a new passkey with its challenge. The reason of a refusal is only logged, so that nobody can probe with it. */
  private async verify(registration: Registration, principal: Principal): Promise<VerifiedRegistration> {
    try {
      return await this.ceremonies.verifyNew(registration, useOf(principal), { userVerified: false });
    } catch (error) {
      if (!(error instanceof PasskeyRefusal)) throw error;
      this.logger.log(`A new passkey was refused: ${error.message}`);
      throw notAccepted();
    }
  }

  /** Locks an account, so that its ways to sign in change one after the other. */
  private async lock(userId: string, tx: EntityManager): Promise<User> {
    const user = await this.users.lockActive(userId, tx);
    if (!user) throw new InvalidTokenError();
    return user;
  }

  /** Prevents people who registered with somebody else's email address from keeping access to it. */
  /** Without this, a person who registered with somebody else's address could keep a way in to the account. */
  private assertVerified({ emailVerified }: Principal): void {
    if (!emailVerified && this.settings.emailVerification !== 'off') throw new EmailNotVerifiedError();
  }
}

/** Binds options to the session, which cannot use those of another user or another device. */
const useOf = ({ sessionId }: Principal) => ({ purpose: 'register', holder: sessionId }) as const;

/** Error for a passkey that is not accepted; it does not say why. */
const notAccepted = () => new InvalidInputError([{ loc: ['body', 'passkey'], ...passkeyInvalid }]);

/** Returns whether an account has a password. */
/** Returns whether a user has a password. Without one, only passkeys that verify the user are a way to sign in. */
async function hasPassword(userId: string, tx: EntityManager): Promise<boolean> {
  const [row] = await tx.query<[{ has: boolean }?]>(
    'SELECT hashed_password IS NOT NULL AS has FROM auth_users WHERE id = $1',
    [userId],
  );
  return row?.has ?? false;
}
