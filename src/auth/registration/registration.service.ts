import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import { InvalidInputError, missingField } from '../../http/problem/problem.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { PasswordsService } from '../passwords/passwords.service.js';
import { PrivateRegistrationService } from '../pending-registration/private-registration.service.js';
import { OpenRegistrationService } from './open-registration.service.js';

/** Input for a new account. */
export interface Registration {
  username: string;
  email: string;
  /** As typed. Can be omitted with `features.passwordless`. */
  password?: string;
  /** Default `null`. */
  fullName?: string | null;
}

/** Creates accounts for users who register themselves. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly passwords: PasswordsService,
    private readonly openly: OpenRegistrationService,
    private readonly privately: PrivateRegistrationService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Creates an account, and sends the message to verify its email address. With strict privacy, the account
   * is created when the link in that message is opened.
   *
   * @returns the account; `null` with strict privacy, where the response does not reveal whether there will
   * be one.
   * @throws {InvalidInputError} if the password is not allowed, or missing where accounts need one.
   * @throws {UsernameTakenError} if the username is taken.
   * @throws {EmailTakenError} if the email address is taken; not with strict privacy, where its owner is
   * notified instead.
   */
  async register({ password, ...person }: Registration, client: Client): Promise<User | null> {
    if (password === undefined) this.assertPasswordless();
    else await this.passwords.assertAcceptable(password, person);
    const passwordHash = password === undefined ? null : await this.passwords.hash(password);
    const account = { ...person, passwordHash };
    if (this.settings.registrationPrivacy === 'open') return this.openly.create(account, client);
    await this.privately.begin(account, client);
    return null;
  }

  /** @throws {InvalidInputError} if accounts need a password. */
  private assertPasswordless(): void {
    if (this.settings.features.passwordless) return;
    throw new InvalidInputError([missingField('body', 'password')]);
  }
}
