import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Role } from '../../settings/role.js';
import { User } from '../user.entity.js';
import { type NewUser, UsersService } from '../users.service.js';

/** Creates the first admin of an installation. */
@Injectable()
export class FirstAdminService {
  constructor(
    @InjectRepository(User) private readonly repository: Repository<User>,
    private readonly users: UsersService,
  ) {}

  /**
   * Creates an admin if there is none, even if several processes try at the same time.
   *
   * @returns whether this call created one.
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
   */
  async create(admin: NewUser): Promise<boolean> {
    return this.repository.manager.transaction(async (tx) => {
      // There is no row yet that could be locked, hence a lock by name.
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('astra first administrator'))`);
      if (await tx.existsBy(User, { role: Role.Admin, kind: 'person', isActive: true })) return false;
      // The operator vouches for the email address: nobody could help an admin who cannot verify it.
      await this.users.create({ ...admin, role: Role.Admin, emailVerified: true }, tx);
      return true;
    });
  }

  /** Returns whether there is an active admin. */
  exists(): Promise<boolean> {
    return this.repository.existsBy({ role: Role.Admin, kind: 'person', isActive: true });
  }
}
