import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountDeletionService } from '../../../auth/account/account-deletion.service.js';
import { UsersService } from '../../../users/users.service.js';
import type { Operator } from '../operator.js';

/** Deletes accounts on behalf of admins. */
@Injectable()
export class DeleteUserService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly deletion: AccountDeletionService,
  ) {}

  /**
   * Deletes an account: signs it out, releases its names, and erases its data after the grace period.
   *
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if no active admin would be left.
   */
  async remove(id: string, operator: Operator): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lock(id, tx);
      await this.deletion.removeAs(operator.principal.userId, user, operator.client, tx);
    });
  }
}
