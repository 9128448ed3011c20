import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { PendingRegistrations } from '../held-names/pending-registrations.js';
import { UserChangesService } from '../user-changes.service.js';
import type { User } from '../user.entity.js';
import { type ProfileChanges, UsersService } from '../users.service.js';

/** Changes that users make to their own account without confirming their password. */
@Injectable()
export class ProfileService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly pending: PendingRegistrations,
    private readonly changes: UserChangesService,
  ) {}

  /**
   * Changes fields of the user's own account.
   *
   * @throws {UsernameTakenError} if another account has the new name or reserves it.
   */
  change(id: string, changes: ProfileChanges, client: Client): Promise<User> {
    return this.db.transaction(async (tx) => {
      if (changes.username !== undefined) await this.pending.claimUsername(changes.username, tx, id);
      const { before, after } = await this.users.change(id, changes, tx);
      await this.changes.tell(before, after, { actorId: id, client }, tx);
      return after;
    });
  }
}
