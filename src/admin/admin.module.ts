import { Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import type { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { ApiKeysModule } from '../auth/api-keys/api-keys.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AccountsModule } from '../users/accounts.module.js';
import { MailModule } from '../mail/mail.module.js';
import { SessionsModule } from '../auth/sessions/sessions.module.js';
import { PasswordsModule } from '../auth/passwords/passwords.module.js';
import { PasswordResetModule } from '../auth/password-reset/password-reset.module.js';
import { EmailVerificationModule } from '../auth/email-verification/email-verification.module.js';
import { AccountModule } from '../auth/account/account.module.js';
import { ProfileModule } from '../users/profile/profile.module.js';
import { AdminAuditController } from './admin-audit.controller.js';
import { AdminMailController } from './admin-mail.controller.js';
import { AccessLinksService } from './users/access-links.service.js';
import { AdminCheck } from './users/admin-check.js';
import { UserApiKeysController } from './users/api-keys/user-api-keys.controller.js';
import { UserApiKeysService } from './users/api-keys/user-api-keys.service.js';
import { ChangeUserController } from './users/change/change-user.controller.js';
import { ChangeUserService } from './users/change/change-user.service.js';
import { CreateUserController } from './users/create/create-user.controller.js';
import { CreateUserService } from './users/create/create-user.service.js';
import { DeleteUserController } from './users/delete/delete-user.controller.js';
import { DeleteUserService } from './users/delete/delete-user.service.js';
import { UserIdentitiesController } from './users/identities/user-identities.controller.js';
import { KnownRoles } from './users/known-roles.js';
import { ListUsersController } from './users/list/list-users.controller.js';
import { ForcePasswordResetController } from './users/password-reset/force-password-reset.controller.js';
import { ForcePasswordResetService } from './users/password-reset/force-password-reset.service.js';
import { AdminUsers } from './users/admin-users.js';
import { ResetFactorsController } from './users/factors/reset-factors.controller.js';
import { ResetFactorsService } from './users/factors/reset-factors.service.js';
import { RemovePasskeyController } from './users/factors/remove-passkey.controller.js';
import { PasskeyChangesModule } from '../auth/factors/passkeys/changes/passkey-changes.module.js';
import { FactorsModule } from '../auth/factors/factors.module.js';
import { ProvidersModule } from '../auth/providers/providers.module.js';
import { RestoreUserController } from './users/restore/restore-user.controller.js';
import { RestoreUserService } from './users/restore/restore-user.service.js';
import { CreateServiceAccountService } from './users/service-accounts/create-service-account.service.js';
import { ServiceAccountsController } from './users/service-accounts/service-accounts.controller.js';
import { UserSessionsController } from './users/sessions/user-sessions.controller.js';
import { UserSessionsService } from './users/sessions/user-sessions.service.js';
import { UserExportService } from './user-files/user-export.service.js';
import { UserImportService } from './user-files/user-import.service.js';

/** Administration of users, sessions and the audit trail: `/admin`. */
@Module({})
export class AdminModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: AdminModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ApiKeysModule.of(astra),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      MailModule.of(astra),
      SessionsModule.of(astra),
      FactorsModule.of(astra),
      ProvidersModule.of(astra),
      PasskeyChangesModule.of(astra),
      PasswordsModule.of(astra),
      PasswordResetModule.of(astra),
      EmailVerificationModule.of(astra),
      AccountModule.of(astra),
      ProfileModule.of(astra),
    ],
    controllers: [
      ListUsersController,
      CreateUserController,
      ChangeUserController,
      DeleteUserController,
      RestoreUserController,
      UserSessionsController,
      ...(astra.features.providers ? [UserIdentitiesController] : []),
      ...(astra.features.mail ? [ForcePasswordResetController, AdminMailController] : []),
      AdminAuditController,
      ...(astra.features.apiKeys ? [ServiceAccountsController, UserApiKeysController] : []),
      ...(astra.features.secondFactor ? [ResetFactorsController] : []),
      ...(astra.features.passkeys ? [RemovePasskeyController] : []),
    ],
    providers: [
      AccessLinksService,
      AdminCheck,
      AdminUsers,
      ResetFactorsService,
      ChangeUserService,
      CreateServiceAccountService,
      CreateUserService,
      DeleteUserService,
      ForcePasswordResetService,
      KnownRoles,
      RestoreUserService,
      UserApiKeysService,
      UserExportService,
      UserImportService,
      UserSessionsService,
    ],
    exports: [],
  }));
}
