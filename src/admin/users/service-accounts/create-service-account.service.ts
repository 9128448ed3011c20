import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import {
  type NewServiceAccount,
  ServiceAccountsService,
} from '../../../users/service-accounts/service-accounts.service.js';
import type { User } from '../../../users/user.entity.js';
import type { Operator } from '../operator.js';

/** Creates service accounts on behalf of admins. */
@Injectable()
export class CreateServiceAccountService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly accounts: ServiceAccountsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Creates a service account, and records it.
   *
   * @throws {UsernameTakenError} if the username is taken.
   */
  create(account: NewServiceAccount, { principal, client }: Operator): Promise<User> {
    return this.db.transaction(async (tx) => {
      const user = await this.accounts.create(account, tx);
      const data = { role: user.role, kind: user.kind };
      const event = { userId: user.id, actorId: principal.userId, client, data };
      await this.audit.record({ type: 'user_created', ...event }, tx);
      return user;
    });
  }
}
