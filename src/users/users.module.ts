import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountEvents } from './account-events.js';
import { UserDirectory } from './user-directory.js';
import { ProfileService } from './profile.service.js';
import { AuditModule } from '../audit/audit.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { AreasController } from './areas.controller.js';
import { ImportedUsers } from './imported-users.service.js';
import { ProfileController } from './profile.controller.js';
import { User } from './user.entity.js';
import { UsersInBulk } from './users-in-bulk.js';
import { UsersService } from './users.service.js';

/** Accounts as data. Import it to inject {@link UsersService} and {@link AccountEvents}. */
@Module({
  imports: [TypeOrmModule.forFeature([User]), AuditModule, DatabaseModule],
  controllers: [ProfileController, AreasController],
  providers: [AccountEvents, ImportedUsers, ProfileService, UserDirectory, UsersInBulk, UsersService],
  exports: [AccountEvents, ImportedUsers, UserDirectory, UsersInBulk, UsersService],
})
export class UsersModule {}
