import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { v7 as uuid } from 'uuid';
import { Role } from '../settings/role.js';
import type { RoleName } from '../settings/roles-option.js';
import { AccessChanges } from '../database/notices/access-changes.js';
import { inTransaction } from '../database/transactions.js';
import { NotFoundError } from '../http/problem/problem.js';
import { canonicalEmail, canonicalLogin, loginKeyOf, MAX_LOGIN_LENGTH } from '../names/canonical.js';
import { accountChanges } from './fields/account-changes.js';
import { AccountEvents } from './events/account-events.js';
import type { ChangedBy } from './fields/account-fields.js';
import { checkNames } from './fields/checked-names.js';
import { EmailUndos } from './held-names/email-undos.js';
import { keepAnAdminBeside, lockAdmins } from './admins/last-admin.js';
import { User } from './user.entity.js';
import { EmailChanged, EmailVerified, UserDeleted, UserRegistered } from './events/user-events.js';
import { existingUser, lockActiveUser, writeUser } from './user-rows.js';

/** Fields of a new account. Those that its owner can change are optional: by default `null`. */
export interface NewUser extends Pick<User, 'username'>, Partial<Omit<OwnFields, 'username'>> {
  email: string;
  /** Hash of the password; `null` for an account that gets its password later. */
  passwordHash: string | null;
  /** Default {@link Role.User}. */
  role?: RoleName;
  /** Whether the email address counts as verified. Default `false`. */
  emailVerified?: boolean;
}

type OwnFields = Pick<User, ChangedBy<'owner'>>;

/** Changes that users make to their own account. */
export type ProfileChanges = Partial<OwnFields>;

/** Changes to an account. */
export interface UserChanges extends Partial<Pick<User, ChangedBy<'owner' | 'admin'>>> {
  /** With `isActive: false`, role of the user who deactivates it. Default `null`: none; only an admin can reactivate it. */
  deactivatedBy?: RoleName | null;
}

/**
 * Reads and writes accounts. Only this service, `DeletedUsersService`, `ServiceAccountsService`, `PasswordHashes` and
 * `UsersInBulk` write `auth_users`.
 */
@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly changes: AccessChanges,
    private readonly events: AccountEvents,
    private readonly undos: EmailUndos,
  ) {}

  /**
   * Creates an account.
   *
   * @throws {InvalidInputError} if one of the names is not allowed.
   * @throws {UsernameTakenError | EmailTakenError} also when another request takes the name at the same moment.
   */
  async create(
    { passwordHash, role = Role.User, emailVerified = false, ...given }: NewUser,
    tx?: EntityManager,
  ): Promise<User> {
    const names = await checkNames(given);
    return inTransaction(this.users.manager, tx, async (manager) => {
      const user = await writeUser(
        manager
          .createQueryBuilder()
          .insert()
          .into(User)
          .values({
            ...{ id: uuid(), ...names, role },
            // As a parameter of the statement: subscribers of a host see the values, which must not contain the hash.
            ...{ passwordHash: () => ':passwordHash' },
            emailVerifiedAt: emailVerified ? () => 'now()' : null,
          })
          .setParameter('passwordHash', passwordHash),
        manager,
      );
      await this.undos.assertNotHeld(user, manager);
      await this.events.emit(new UserRegistered(user), manager);
      return user;
    });
  }

  /** Changes an account like {@link change}, and returns it. */
  async update(id: string, changes: UserChanges, tx?: EntityManager): Promise<User> {
    return (await this.change(id, changes, tx)).after;
  }

  /**
   * Locks and changes an account, and clears it from the caches of all instances.
   *
   * @throws {NotFoundError} if there is no such account.
   * @throws {InvalidInputError} if the new name is not allowed.
   * @throws {UsernameTakenError} if another account has the new name.
   * @throws {LastAdminError} if there would be no active admin left.
   */
  async change(
    id: string,
    { deactivatedBy = null, ...changes }: UserChanges,
    tx?: EntityManager,
  ): Promise<{ before: User; after: User }> {
    const names = await checkNames(changes);
    return inTransaction(this.users.manager, tx, async (manager) => {
      const { role, isActive, emailVerifiedAt } = changes;
      const concernsOthers = role !== undefined || isActive !== undefined || emailVerifiedAt !== undefined;
      const before = await this.lock(id, manager, { alone: !concernsOthers });
      if ((role && role !== Role.Admin) || isActive === false) await keepAnAdminBeside(id, manager);
      const rank = isActive === undefined ? {} : { deactivatedBy: isActive ? null : deactivatedBy };
      const user = await this.write(id, { ...changes, ...names, ...rank }, manager);
      await this.emitChanges(before, user, manager);
      return { before, after: user };
    });
  }

  /**
   * Reads an account and locks it until the transaction ends.
   *
   * @param options.alone - For a transaction that changes no roles, as for {@link lockActive}. Default `false`.
   * @throws {NotFoundError} if there is no such account.
   */
  async lock(id: string, tx: EntityManager, options?: { alone?: boolean }): Promise<User> {
    // Before any other row, so that all changes of accounts lock in the same order.
    if (!options?.alone) await lockAdmins(tx);
    const user = await tx.findOne(User, { ...existingUser(id), lock: { mode: 'for_no_key_update' } });
    if (!user) throw new NotFoundError('User not found.');
    return user;
  }

  /**
   * Reads an active account and locks it until the transaction ends. Unlike {@link lock}, it locks no other row, so the
   * transaction must not change roles.
   *
   * @returns `null` if the account is inactive or deleted.
   */
  lockActive(id: string, tx: EntityManager): Promise<User | null> {
    return lockActiveUser(id, tx);
  }

  /**
   * Deletes an account, which makes its username and email address available. The row is kept for the grace
   * period, in which `DeletedUsersService` can undo the deletion.
   *
   * @returns the account as kept.
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if there would be no active admin left.
   */
  async remove(id: string, tx: EntityManager): Promise<User> {
    await keepAnAdminBeside(id, tx);
    const user = await this.write(id, { deletedAt: () => 'now()' }, tx);
    await this.events.emit(new UserDeleted(user), tx);
    return user;
  }

  /** Marks the email address of an account as verified. */
  async markEmailVerified(id: string, tx: EntityManager): Promise<User> {
    const before = await this.get(id, tx);
    const user = await this.write(id, { emailVerifiedAt: () => 'coalesce(email_verified_at, now())' }, tx);
    await this.emitChanges(before, user, tx);
    return user;
  }

  /**
   * Changes the email address of an account to a verified one.
   *
   * @throws {InvalidInputError} if it is not allowed.
   * @throws {EmailTakenError} if another account has it.
   */
  async changeEmail(id: string, newEmail: string, tx: EntityManager): Promise<User> {
    const { email } = await checkNames({ email: newEmail });
    return this.returnEmail(id, email as string, tx);
  }

  /**
   * Restores an earlier email address of an account. It is not validated, because it was stored before and an import
   * may have added one that the current rules reject.
   *
   * @throws {EmailTakenError} if another account has it.
   */
  async returnEmail(id: string, email: string, tx: EntityManager): Promise<User> {
    const user = await this.write(id, { email, emailVerifiedAt: () => 'now()' }, tx);
    await this.undos.assertNotHeld(user, tx);
    await this.events.emit(new EmailChanged(user), tx);
    await this.events.emit(new EmailVerified(user), tx);
    return user;
  }

  /** Finds an account by its email address in any spelling, and locks it until the transaction ends. */
  async lockByEmail(email: string, tx: EntityManager): Promise<User | null> {
    if (email.length > MAX_LOGIN_LENGTH) return null;
    return tx
      .createQueryBuilder(User, 'user')
      .where('user.email_key = :email', { email: canonicalEmail(email) })
      .setLock('for_no_key_update')
      .getOne();
  }

  /**
   * Reads an account.
   *
   * @throws {NotFoundError} if there is no such account.
   */
  async get(id: string, tx?: EntityManager): Promise<User> {
    const user = await this.find(id, tx);
    if (!user) throw new NotFoundError('User not found.');
    return user;
  }

  /** Finds an account; `null` if there is none, or it was deleted. */
  find(id: string, tx?: EntityManager): Promise<User | null> {
    return this.inside(tx).findOne(existingUser(id));
  }

  /** Finds an account by its username or email address, in any spelling. */
  async findByLogin(login: string, tx?: EntityManager): Promise<User | null> {
    if (login.length > MAX_LOGIN_LENGTH) return null;
    return this.inside(tx)
      .createQueryBuilder('user')
      .where(`user.${loginKeyOf(login)} = :login`, { login: canonicalLogin(login) })
      .getOne();
  }

  /** Emits the events of all changes between two states of an account. */
  private async emitChanges(before: User, after: User, tx: EntityManager): Promise<void> {
    for (const { events } of accountChanges(before, after))
      for (const event of events) await this.events.emit(event, tx);
  }

  /** Changes the row of an account, and clears it from the caches of all instances. */
  private async write(id: string, values: QueryDeepPartialEntity<User>, tx: EntityManager): Promise<User> {
    const update = tx.createQueryBuilder().update(User).set(values).where(existingUser(id).where);
    const user = await writeUser(update, tx);
    await this.changes.announce({ user: id }, tx);
    return user;
  }

  private inside(tx: EntityManager | undefined): Repository<User> {
    return tx ? tx.getRepository(User) : this.users;
  }
}
