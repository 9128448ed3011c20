import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { AccountEvents } from '../events/account-events.js';
import { UserRegistered } from '../events/user-events.js';
import { checkNames } from '../fields/checked-names.js';
import { User } from '../user.entity.js';
import { writeUser } from '../user-rows.js';

/** Fields of a new service account. */
export interface NewServiceAccount extends Pick<User, 'username' | 'role'> {
  /** Default `null`. */
  fullName?: string | null;
}

/** Creates service accounts: a name and a role for programs, without an email address or any way to sign in. */
@Injectable()
export class ServiceAccountsService {
  constructor(private readonly events: AccountEvents) {}

  /**
   * Creates a service account.
   *
   * @throws {InvalidInputError} if the username or the full name is not allowed.
   * @throws {UsernameTakenError} also when another request takes the name at the same moment.
   */
  async create({ role, ...given }: NewServiceAccount, tx: EntityManager): Promise<User> {
    const names = await checkNames(given);
    const values = { id: uuid(), ...names, role, kind: 'service', email: null } as const;
    const user = await writeUser(tx.createQueryBuilder().insert().into(User).values(values), tx);
    await this.events.emit(new UserRegistered(user), tx);
    return user;
  }
}
