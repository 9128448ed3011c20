import { Injectable } from '@nestjs/common';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';

/** What somebody gives to get an account; `password` as typed. */
export interface Registration {
  username: string;
  email: string;
  password: string;
  /** Default `null`. */
  fullName?: string | null;
}

/** Makes accounts for people who come by themselves. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: PasswordsService,
  ) {}

  /**
   * @throws {InvalidInputError} if the password is not one that may be used.
   * @throws {UsernameTakenError | EmailTakenError} if somebody has the name or the address.
   */
  async register({ username, email, password, fullName }: Registration): Promise<User> {
    this.passwords.assertAcceptable(password, { username, email });
    const passwordHash = await this.passwords.hash(password);
    return this.users.create({ username, email, passwordHash, fullName });
  }
}
