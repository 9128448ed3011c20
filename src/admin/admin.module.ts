import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AdminAuditController } from './admin-audit.controller.js';
import type { AuthDynamicModule } from '../auth/auth.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { AdminPasswordResetController } from './admin-password-reset.controller.js';
import { AdminUsersController } from './admin-users.controller.js';
import { AdminUsersService } from './admin-users.service.js';
import { KnownRoles } from './known-roles.js';
import { UserExportService } from './user-files/user-export.service.js';
import { UserImportService } from './user-files/user-import.service.js';

/** Administration of users, sessions and the audit trail. */
@Module({})
export class AdminModule {
  /**
   * Adds `/admin` to the application.
   *
   * @param auth - Return value of `AuthModule.forRoot`: the same object, since its services are used.
   */
  static forRoot(auth: AuthDynamicModule): DynamicModule {
    return {
      module: AdminModule,
      imports: [auth, AuditModule.on(auth.dataSource), DatabaseModule.on(auth.dataSource)],
      controllers: [
        AdminUsersController,
        AdminAuditController,
        ...(auth.features.mail ? [AdminPasswordResetController] : []),
      ],
      providers: [AdminUsersService, KnownRoles, UserExportService, UserImportService],
    };
  }
}
