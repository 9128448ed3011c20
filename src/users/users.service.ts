import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, QueryFailedError, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { Role } from '../access/role.js';
import { Changes } from '../database/changes.js';
import { NotFoundError } from '../problem/problem.js';
import { User } from './user.entity.js';
import { EmailTakenError, UsernameTakenError } from './users.errors.js';

/** What a new account is made of. */
export interface NewUser {
  username: string;
  email: string;
  /** Already hashed; `null` for an account that gets its password later. */
  passwordHash: string | null;
  /** Default `null`. */
  fullName?: string | null;
  /** Default {@link Role.User}. */
  role?: Role;
}

/** What can be changed of an account. */
export type UserChanges = Partial<Pick<User, 'username' | 'fullName' | 'role' | 'isActive'>>;

/** Accounts as data. It alone writes `auth_users`. */
@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly changes: Changes,
  ) {}

  /**
   * Makes an account.
   *
   * @throws {UsernameTakenError | EmailTakenError} also when another request takes the name at the same moment.
   */
  async create(
    { username, email, passwordHash, fullName = null, role = Role.User }: NewUser,
    tx?: EntityManager,
  ): Promise<User> {
    return refusingDuplicates(async () => {
      const inserted = await this.inside(tx)
        .createQueryBuilder()
        .insert()
        .values({ id: uuid(), username, email, passwordHash, fullName, role })
        .returning('*')
        .execute();
      return this.fromRow(inserted.raw as object[]);
    });
  }

  /**
   * Changes an account, and tells every instance to forget what it knew of it.
   *
   * @throws {NotFoundError} if there is no such account.
   * @throws {UsernameTakenError} if another account has the new name.
   */
  async update(id: string, changes: UserChanges, tx?: EntityManager): Promise<User> {
    return refusingDuplicates(() =>
      this.inTransaction(tx, async (manager) => {
        const updated = await this.inside(manager)
          .createQueryBuilder()
          .update()
          .set({ ...changes, ...changesAccess(changes) })
          .where({ id })
          .returning('*')
          .execute();
        const user = this.fromRow(updated.raw as object[]);
        await this.changes.announce({ user: id }, manager);
        return user;
      }),
    );
  }

  /**
   * Holds an account as it is until the transaction ends, for a session to begin.
   *
   * @returns whether the account is still active and its password hash is still the one that was checked.
   */
  async lockForSignIn(id: string, passwordHash: string, tx: EntityManager): Promise<boolean> {
    const user = await tx.findOne(User, {
      select: { id: true },
      where: { id, passwordHash, isActive: true },
      lock: { mode: 'for_no_key_update' },
    });
    return user !== null;
  }

  /** Replaces a hash by one of today's scheme; the password stays the same. */
  async upgradePasswordHash(id: string, passwordHash: string, tx: EntityManager): Promise<void> {
    await tx.update(User, { id }, { passwordHash, updatedAt: () => 'updated_at' });
  }

  /** @throws {NotFoundError} if there is no such account. */
  async get(id: string): Promise<User> {
    const user = await this.users.findOneBy({ id });
    if (!user) throw new NotFoundError('There is no such user.');
    return user;
  }

  /** Finds an account by its username or its address, in whatever case. */
  async findByLogin(login: string): Promise<User | null> {
    // An address has an @ and a username cannot, so no account can be reached by another's name.
    const column = login.includes('@') ? 'email' : 'username';
    return this.users
      .createQueryBuilder('user')
      .where(`lower(user.${column}) = lower(:login)`, { login })
      .getOne();
  }

  /**
   * Makes an administrator if there is none, also when several processes try at once.
   *
   * @returns whether this one did.
   * @throws {UsernameTakenError | EmailTakenError} if somebody has the name or the address.
   */
  async createFirstAdmin(admin: NewUser): Promise<boolean> {
    return this.users.manager.transaction(async (tx) => {
      // There is no row yet that could be locked, hence a lock by name.
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('astra first administrator'))`);
      if (await tx.existsBy(User, { role: Role.Admin, isActive: true })) return false;
      await this.create({ ...admin, role: Role.Admin }, tx);
      return true;
    });
  }

  /** Tells whether anybody is an active administrator. */
  hasAdmin(): Promise<boolean> {
    return this.users.existsBy({ role: Role.Admin, isActive: true });
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

  private fromRow([row]: object[]): User {
    if (!row) throw new NotFoundError('There is no such user.');
    const { columns } = this.users.metadata;
    return this.users.create(
      Object.fromEntries(
        columns.map(({ propertyName, databaseName }) => [
          propertyName,
          row[databaseName as keyof typeof row],
        ]),
      ),
    );
  }
}

/** Tokens issued before a change of role or activation tell other services old facts. */
function changesAccess({ role, isActive }: UserChanges) {
  return role !== undefined || isActive !== undefined ? { accessChangedAt: () => 'now()' } : {};
}

/** Lets the unique indexes decide who was first, and says which name was taken. */
async function refusingDuplicates<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const constraint =
      error instanceof QueryFailedError
        ? (error.driverError as { constraint?: string }).constraint
        : undefined;
    if (constraint === 'users_username_key') throw new UsernameTakenError();
    if (constraint === 'users_email_key') throw new EmailTakenError();
    throw error;
  }
}
