import { Injectable, Logger } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import type { EntityManager } from 'typeorm';
import { InvalidInputError } from '../../../../http/problem/problem.js';
import { PasswordHashes } from '../../../../users/password-hashes.js';
import { UsersService } from '../../../../users/users.service.js';
import type { FactorChange } from '../../factor-consequences.js';
import { Ceremonies, type VerifiedRegistration } from '../ceremonies.js';
import type { ChallengeUse } from '../challenges.js';
import type { Passkey } from '../passkey.entity.js';
import { ChallengeExpiredError, TooManyPasskeysError } from '../passkeys.errors.js';
import { MAX_PASSKEYS, PasskeysService } from '../passkeys.service.js';
import { authenticatorName } from '../webauthn/authenticator-names.js';
import { passkeyInvalid } from '../webauthn/passkey-field.js';
import { PasskeyRefusal } from '../webauthn/passkey-refusal.js';
import type { Registration } from '../webauthn/responses.js';
import { PasskeyConsequences } from './passkey-consequences.js';

/** New passkey that was verified, with what only the browser tells about it. */
export interface NewPasskey extends VerifiedRegistration {
  readonly registration: Registration;
  /** Field of the request, for errors. */
  readonly field: PasskeyFieldName;
}

/** Name of the field with a new passkey. */
type PasskeyFieldName = 'passkey' | 'new_passkey';

/** Added passkey. */
export interface AddedPasskey {
  passkey: Passkey;
  /** Recovery codes, which are shown once; empty unless it is the first factor. */
  recoveryCodes: string[];
}

/** Adds passkeys to accounts, for users who are signed in, and for those who have to add a factor to sign in. */
@Injectable()
export class PasskeyEnrolmentService {
  private readonly logger = new Logger('Passkeys');

  constructor(
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly ceremonies: Ceremonies,
    private readonly passkeys: PasskeysService,
    private readonly consequences: PasskeyConsequences,
  ) {}

  /**
   * Returns the options with which a browser creates a passkey. A key without a PIN is accepted as a second factor, but not
   * from a user without a password, who could not sign in with it.
   *
   * @throws {TooManyPasskeysError} if the user has as many as possible.
   * @throws {NotFoundError} if there is no such user.
   */
  async options(userId: string, use: ChallengeUse): Promise<PublicKeyCredentialCreationOptionsJSON> {
    if ((await this.passkeys.allOf(userId)).length >= MAX_PASSKEYS)
      throw new TooManyPasskeysError(MAX_PASSKEYS);
    const user = await this.users.get(userId);
    const userVerified = !(await this.hasPassword(userId));
    return this.ceremonies.creationOptions(user, use, { userVerified });
  }

  /**
   * Verifies a new passkey, before the transaction that adds it. The reason of a refusal is only logged, so that nobody can
   * probe with it. A refused passkey does not use up its challenge.
   *
   * @throws {ChallengeExpiredError} if the options have expired, or were issued for another use.
   * @throws {InvalidInputError} if the passkey is invalid.
   */
  async verify(
    registration: Registration,
    use: ChallengeUse,
    field: PasskeyFieldName = 'passkey',
  ): Promise<NewPasskey> {
    try {
      const verified = await this.ceremonies.verifyNew(registration, use, { userVerified: false });
      return { ...verified, registration, field };
    } catch (error) {
      if (!(error instanceof PasskeyRefusal)) throw error;
      this.logger.log(`A new passkey was refused: ${error.message}`);
      throw notAccepted(field);
    }
  }

  /**
   * Adds a verified passkey.
   *
   * @param name - Default the name of the authenticator, or "Passkey".
   * @param tx - Transaction that has locked the account's row.
   * @throws {ChallengeExpiredError} if the options were used.
   * @throws {InvalidInputError} if the user has no password, and the passkey did not verify the user.
   * @throws {PasskeyExistsError} if any user has it already.
   * @throws {TooManyPasskeysError} if the user has as many as possible.
   */
  async add(
    { credential, challenge, registration, field }: NewPasskey,
    name: string | undefined,
    change: FactorChange,
    tx: EntityManager,
  ): Promise<AddedPasskey> {
    const { aaguid, userVerified: uv, ...columns } = credential;
    const { transports, discoverable } = registration;
    const userId = change.user.id;
    // A password may have been removed since the options were issued.
    if (!uv && !(await this.hasPassword(userId, tx))) throw notAccepted(field);
    if (!(await this.ceremonies.useChallenge(challenge, tx))) throw new ChallengeExpiredError();
    const called = name ?? authenticatorName(aaguid) ?? 'Passkey';
    const fields = { ...columns, aaguid, uv, discoverable, transports: [...transports], name: called };
    const passkey = await this.passkeys.add({ ...fields, userId }, tx);
    return { passkey, recoveryCodes: await this.consequences.added(passkey, change, tx) };
  }

  /** Returns whether a user has a password. Without one, only passkeys that verify the user are a way to sign in. */
  private async hasPassword(userId: string, tx?: EntityManager): Promise<boolean> {
    return (await this.passwordHashes.find(userId, tx)) !== null;
  }
}

const notAccepted = (field: PasskeyFieldName) =>
  new InvalidInputError([{ loc: ['body', field], ...passkeyInvalid }]);
