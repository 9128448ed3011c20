import { Module } from '@nestjs/common';
import { AccountEvents } from './events/account-events.js';
import { UserDirectory } from './directory/user-directory.js';
import { DatabaseModule } from '../database/database.module.js';
import { oncePer } from '../database/once-per.js';
import { DeletedUsersService } from './deleted-users.service.js';
import { EmailUndos } from './held-names/email-undos.js';
import { FirstAdminService } from './admins/first-admin.service.js';
import { PasswordHashes } from './password-hashes.js';
import { PendingRegistrations } from './held-names/pending-registrations.js';
import { ServiceAccountsService } from './service-accounts/service-accounts.service.js';
import { UsersInBulk } from './bulk/users-in-bulk.js';
import { UsersService } from './users.service.js';
import { ownTables } from '../database/own-tables.js';
import { EmailUndo } from './held-names/email-undo.entity.js';
import { PendingRegistration } from './held-names/pending-registration.entity.js';
import { User } from './user.entity.js';

const services = [
  AccountEvents,
  DeletedUsersService,
  EmailUndos,
  FirstAdminService,
  PasswordHashes,
  PendingRegistrations,
  ServiceAccountsService,
  UserDirectory,
  UsersInBulk,
  UsersService,
];

/** Services for accounts, and the tables that they own. */
@Module({})
export class AccountsModule {
  /** Returns the one on a DataSource. */
  static readonly on = oncePer((dataSource: string | undefined) => ({
    module: AccountsModule,
    imports: [DatabaseModule.on(dataSource), ownTables([User, EmailUndo, PendingRegistration], dataSource)],
    providers: services,
    exports: services,
  }));
}
