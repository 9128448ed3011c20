import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { PendingRegistrations } from '../held-names/pending-registrations.js';
import { UserChangesService } from '../user-changes.service.js';
import type { User } from '../user.entity.js';
import { type ProfileChanges, UsersService } from '../users.service.js';

/** What users change of their own account without being asked for their password. */
@Injectable()
export class ProfileService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly pending: PendingRegistrations,
    private readonly changes: UserChangesService,
  ) {}

  /** @throws {UsernameTakenError} if another account has the new name. */
  change(id: string, changes: ProfileChanges, client: Client): Promise<User> {
    return this.db.transaction(async (tx) => {
      if (changes.username !== undefined) await this.pending.claimUsername(changes.username, tx, id);
      const before = await this.users.get(id, tx);
      const user = await this.users.update(id, changes, tx);
      await this.changes.tell(before, user, { actorId: id, client }, tx);
      return user;
    });
  }
}
