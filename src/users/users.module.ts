import { type DynamicModule, Module } from '@nestjs/common';
import { AccountEvents } from './events/account-events.js';
import { UserDirectory } from './directory/user-directory.js';
import { AuditModule } from '../audit/audit.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { perDataSource } from '../database/per-data-source.js';
import { DeletedUsersService } from './deleted-users.service.js';
import { EmailUndos } from './held-names/email-undos.js';
import { FirstAdminService } from './admins/first-admin.service.js';
import { PasswordHashes } from './password-hashes.js';
import { PendingRegistrations } from './held-names/pending-registrations.js';
import { UsersInBulk } from './bulk/users-in-bulk.js';
import { UsersService } from './users.service.js';
import { ownTables } from '../database/own-tables.js';
import { EmailUndo } from './held-names/email-undo.entity.js';
import { PendingRegistration } from './held-names/pending-registration.entity.js';
import { User } from './user.entity.js';

@Module({})
class UsersOnDataSource {}

const services = [
  AccountEvents,
  DeletedUsersService,
  EmailUndos,
  FirstAdminService,
  PasswordHashes,
  PendingRegistrations,
  UserDirectory,
  UsersInBulk,
  UsersService,
];

const usersOn = perDataSource((dataSource) => ({
  module: UsersOnDataSource,
  imports: [
    DatabaseModule.on(dataSource),
    ownTables([User, EmailUndo, PendingRegistration], dataSource),
    AuditModule.on(dataSource),
  ],
  providers: services,
  exports: services,
}));

/** Accounts as data. Import it to inject {@link UsersService} and {@link AccountEvents}. */
@Module({ imports: [usersOn()], exports: [usersOn()] })
export class UsersModule {
  /** Returns the module to import instead if the option `dataSource` is set. */
  static on(dataSource?: string): DynamicModule {
    return usersOn(dataSource);
  }
}
