import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, IsNull, Not, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { v7 as uuid } from 'uuid';
import { Role } from '../access/role.js';
import type { RoleName } from '../settings/roles-option.js';
import { Changes } from '../database/changes.js';
import { violatedConstraint } from '../problem/database-errors.js';
import { NotFoundError } from '../problem/problem.js';
import { canonicalEmail, canonicalLogin, MAX_LOGIN_LENGTH } from '../names/canonical.js';
import { accountChanges } from './account-changes.js';
import { AccountEvents } from './account-events.js';
import type { ChangedBy } from './account-fields.js';
import { checkNames } from './checked-names.js';
import { EmailUndos } from './email-undos.js';
import { User } from './user.entity.js';
import { EmailVerified, UserDeleted, UserRegistered } from './user-events.js';
import { EmailTakenError, LastAdminError, UsernameTakenError } from './users.errors.js';

/** Fields of a new account. Those that its owner can change are optional: by default `null`. */
export interface NewUser extends Pick<User, 'username' | 'email'>, Partial<Omit<OwnFields, 'username'>> {
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
  /**
   * With `isActive: false`, the role of the user who deactivates it. Default `null`: no user; only an admin
   * can reactivate it.
   */
  deactivatedBy?: RoleName | null;
}

/** Names of a restored account; omitted ones are unchanged. */
export type RestoredNames = Partial<Pick<User, 'username' | 'email'>>;

/** Accounts as data. It, `PasswordHashes` and `UsersInBulk` alone write `auth_users`. */
@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly changes: Changes,
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
    return this.inTransaction(tx, async (manager) => {
      const user = await refusingDuplicates(async () => {
        const inserted = await manager
          .createQueryBuilder()
          .insert()
          .into(User)
          .values({
            ...{ id: uuid(), ...names, role },
            // As a parameter of the statement: what a host's subscribers are shown of the values has no hash.
            ...{ passwordHash: () => ':passwordHash' },
            emailVerifiedAt: emailVerified ? () => 'now()' : null,
          })
          .setParameter('passwordHash', passwordHash)
          .returning(this.columns.map(({ propertyName }) => propertyName))
          .execute();
        return this.fromRow(inserted.raw as object[]);
      });
      await this.assertNotHeld(user, manager);
      await this.events.emit(new UserRegistered(user), manager);
      return user;
    });
  }

  /**
   * Changes an account, and clears it from the caches of all instances.
   *
   * @throws {NotFoundError} if there is no such account.
   * @throws {InvalidInputError} if the new name is not allowed.
   * @throws {UsernameTakenError} if another account has the new name.
   * @throws {LastAdminError} if there would be no active admin left.
   */
  async update(
    id: string,
    { deactivatedBy = null, ...changes }: UserChanges,
    tx?: EntityManager,
  ): Promise<User> {
    const names = await checkNames(changes);
    return this.inTransaction(tx, async (manager) => {
      const { role, isActive, emailVerifiedAt } = changes;
      const concernsOthers = role !== undefined || isActive !== undefined || emailVerifiedAt !== undefined;
      const before = concernsOthers ? await this.lock(id, manager) : undefined;
      if ((role && role !== Role.Admin) || isActive === false) await this.keepAnAdminBeside(id, manager);
      const rank = isActive === undefined ? {} : { deactivatedBy: isActive ? null : deactivatedBy };
      const user = await this.write(id, { ...changes, ...names, ...rank }, manager);
      if (before) await this.emitChanges(before, user, manager);
      return user;
    });
  }

  /**
   * Reads an account and locks it until the transaction ends.
   *
   * @throws {NotFoundError} if there is no such account.
   */
  async lock(id: string, tx: EntityManager): Promise<User> {
    // Before any other row, so that all who change accounts wait for each other in one order.
    await this.lockAdmins(tx);
    const user = await tx.findOne(User, { where: { id }, lock: { mode: 'for_no_key_update' } });
    if (!user) throw new NotFoundError('User not found.');
    return user;
  }

  /**
   * Deletes an account, which makes its username and email address available. The row is kept for the grace
   * period, in which {@link restore} can undo the deletion.
   *
   * @returns the account as kept.
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if there would be no active admin left.
   */
  async remove(id: string, tx: EntityManager): Promise<User> {
    await this.keepAnAdminBeside(id, tx);
    const user = await this.write(id, { deletedAt: () => 'now()' }, tx);
    await this.events.emit(new UserDeleted(user), tx);
    return user;
  }

  /**
   * Undoes a deletion.
   *
   * @param names - New names, if it does not keep its own. A new email address is not verified.
   * @returns the account before and after.
   * @throws {NotFoundError} if there is no such account, or it was not deleted.
   * @throws {InvalidInputError} if one of the names is not allowed.
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
   */
  async restore(id: string, names: RestoredNames, tx: EntityManager): Promise<{ before: User; user: User }> {
    const { username, email } = await checkNames(names);
    const before = await tx.findOne(User, {
      where: { id, deletedAt: Not(IsNull()) },
      withDeleted: true,
      lock: { mode: 'for_no_key_update' },
    });
    if (!before) throw new NotFoundError('User not found.');
    const hasMoved = email !== undefined && canonicalEmail(email) !== canonicalEmail(before.email);
    const user = await refusingDuplicates(async () => {
      const restored = await tx
        .createQueryBuilder()
        .update(User)
        .set({ deletedAt: null, username, email, ...(hasMoved && { emailVerifiedAt: null }) })
        .where('id = :id AND deleted_at IS NOT NULL', { id })
        .returning(this.columns.map(({ propertyName }) => propertyName))
        .execute();
      return this.fromRow(restored.raw as object[]);
    });
    await this.assertNotHeld(user, tx);
    return { before, user };
  }

  /**
   * Erases accounts that were deleted at least `graceDays` ago, with their sessions and tokens.
   *
   * @returns the erased accounts, at most 1000.
   */
  async erase(graceDays: number, tx: EntityManager): Promise<{ id: string; email: string }[]> {
    const [rows] = (await tx.query(
      `DELETE FROM auth_users
        WHERE id IN (SELECT id FROM auth_users WHERE deleted_at < now() - make_interval(days => $1) ORDER BY deleted_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
    RETURNING id, email`,
      [graceDays],
    )) as [{ id: string; email: string }[], number];
    return rows;
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
    const user = await this.write(id, { email, emailVerifiedAt: () => 'now()' }, tx);
    await this.assertNotHeld(user, tx);
    await this.events.emit(new EmailVerified(user), tx);
    return user;
  }

  /**
   * Rejects an email address that another account may still take back. It checks after the row is written: if
   * that account changed its email address a moment ago, the unique index has waited for its commit, so this
   * sees the reservation.
   */
  private async assertNotHeld({ id, email }: User, tx: EntityManager): Promise<void> {
    if (await this.undos.isHeld(email, id, tx)) throw new EmailTakenError();
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

  /** @throws {NotFoundError} if there is no such account. */
  async get(id: string, tx?: EntityManager): Promise<User> {
    const user = await this.inside(tx).findOneBy({ id });
    if (!user) throw new NotFoundError('User not found.');
    return user;
  }

  /** Finds an account by its username or email address, in any spelling. */
  async findByLogin(login: string, tx?: EntityManager): Promise<User | null> {
    if (login.length > MAX_LOGIN_LENGTH) return null;
    // An address has an @ and a username cannot, so no account can be reached by another's name.
    const column = login.includes('@') ? 'email_key' : 'username_key';
    return this.inside(tx)
      .createQueryBuilder('user')
      .where(`user.${column} = :login`, { login: canonicalLogin(login) })
      .getOne();
  }

  /**
   * Creates an admin if there is none, even if several processes try at the same time.
   *
   * @returns whether this call created one.
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
   */
  async createFirstAdmin(admin: NewUser): Promise<boolean> {
    return this.users.manager.transaction(async (tx) => {
      // There is no row yet that could be locked, hence a lock by name.
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('astra first administrator'))`);
      if (await tx.existsBy(User, { role: Role.Admin, isActive: true })) return false;
      // Whoever runs the service vouches for the address: nobody else could help an administrator who cannot get in.
      await this.create({ ...admin, role: Role.Admin, emailVerified: true }, tx);
      return true;
    });
  }

  /** Returns whether there is an active admin. */
  hasAdmin(): Promise<boolean> {
    return this.users.existsBy({ role: Role.Admin, isActive: true });
  }

  private async emitChanges(before: User, after: User, tx: EntityManager): Promise<void> {
    for (const { event } of accountChanges(before, after)) if (event) await this.events.emit(event, tx);
  }

  /** Changes the row of an account, and clears it from the caches of all instances. */
  private write(id: string, values: QueryDeepPartialEntity<User>, tx: EntityManager): Promise<User> {
    return refusingDuplicates(async () => {
      const updated = await tx
        .createQueryBuilder()
        .update(User)
        .set(values)
        .where({ id, deletedAt: IsNull() })
        .returning(this.columns.map(({ propertyName }) => propertyName))
        .execute();
      const user = this.fromRow(updated.raw as object[]);
      await this.changes.announce({ user: id }, tx);
      return user;
    });
  }

  /**
   * Ensures that there is an active admin besides this account. The rows of all admins are locked in one
   * order: if admins demote each other at the same moment, the second waits and then counts again. Counting
   * without a lock left no admin in nearly every round.
   */
  private async keepAnAdminBeside(id: string, tx: EntityManager): Promise<void> {
    const admins = await this.lockAdmins(tx);
    if (admins.length === 1 && admins[0].id === id) throw new LastAdminError();
  }

  private lockAdmins(tx: EntityManager): Promise<{ id: string }[]> {
    return tx.query(
      `SELECT id FROM auth_users WHERE role = 'admin' AND is_active AND deleted_at IS NULL ORDER BY id FOR UPDATE`,
    );
  }

  private inside(tx: EntityManager | undefined): Repository<User> {
    return tx ? tx.getRepository(User) : this.users;
  }

  private inTransaction<T>(
    tx: EntityManager | undefined,
    work: (tx: EntityManager) => Promise<T>,
  ): Promise<T> {
    return tx ? work(tx) : this.users.manager.transaction(work);
  }

  /** Columns of a {@link User}. */
  private get columns() {
    return this.users.metadata.columns.filter(({ isSelect }) => isSelect);
  }

  private fromRow([row]: object[]): User {
    if (!row) throw new NotFoundError('User not found.');
    return this.users.create(
      Object.fromEntries(
        this.columns.map(({ propertyName, databaseName }) => [
          propertyName,
          row[databaseName as keyof typeof row],
        ]),
      ),
    );
  }
}

/** Lets the unique indexes decide which request was first, and reports which name is taken. */
async function refusingDuplicates<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const constraint = violatedConstraint(error);
    if (constraint === 'auth_users_username_key') throw new UsernameTakenError();
    if (constraint === 'auth_users_email_key') throw new EmailTakenError();
    throw error;
  }
}
