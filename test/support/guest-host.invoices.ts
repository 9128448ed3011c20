// Roles and permissions that only the application that is not ours has.
import { Controller, Get, Module, Post } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  allowRoles,
  CurrentUser,
  Permissions,
  type Principal,
  RecentSignIn,
  Roles,
  type RolesOption,
} from '../../src/index.js';
import { HostPublic } from './guest-host.rules.js';

declare module '../../src/index.js' {
  interface CustomRoles {
    editor: unknown;
  }
  interface CustomPermissions {
    'invoice:read': unknown;
    'invoice:write': unknown;
  }
}

export const hostRoles: RolesOption = {
  admin: ['invoice:read', 'invoice:write'],
  editor: ['invoice:read', 'invoice:write'],
  user: ['invoice:read'],
};

class AllowEditors1795340000011 implements MigrationInterface {
  up(db: QueryRunner): Promise<void> {
    return allowRoles(db, ['editor']);
  }

  down(db: QueryRunner): Promise<void> {
    return allowRoles(db, []);
  }
}

export const invoiceMigrations = [AllowEditors1795340000011];

@Controller('invoices')
class InvoicesController {
  @Get()
  @HostPublic()
  @Permissions('invoice:read')
  list(@CurrentUser() { permissions }: Principal) {
    return permissions;
  }

  @Post()
  @HostPublic()
  @Permissions('invoice:read', 'invoice:write')
  write() {
    return 'written';
  }

  @Get('desk')
  @HostPublic()
  @Roles('editor')
  desk() {
    return 'of the editors';
  }

  @Post('payments')
  @HostPublic()
  @RecentSignIn()
  @Permissions('invoice:read')
  pay() {
    return 'paid';
  }
}

@Module({ controllers: [InvoicesController] })
export class InvoicesModule {}
