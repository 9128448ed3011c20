import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DatabaseModule } from '../database/database.module.js';
import { AreasController } from './areas.controller.js';
import { ProfileController } from './profile.controller.js';
import { User } from './user.entity.js';
import { UsersService } from './users.service.js';

/** Accounts as data. Import it to inject {@link UsersService}. */
@Module({
  imports: [TypeOrmModule.forFeature([User]), DatabaseModule],
  controllers: [ProfileController, AreasController],
  providers: [UsersService],
  exports: [UsersService],
})
export class UsersModule {}
