import { Body, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { Role } from '../../../settings/role.js';
import { UsernameTakenError } from '../../../users/users.errors.js';
import { AdminUserDto } from '../admin-user.dto.js';
import { AdminUsers } from '../admin-users.js';
import { KnownRoles } from '../known-roles.js';
import { CreateServiceAccountDto } from './create-service-account.dto.js';
import { CreateServiceAccountService } from './create-service-account.service.js';

/** Creating service accounts, for admins. Everything else is done with them as with other accounts. */
@ApiTags('Administration')
@AstraController('admin/service-accounts')
export class ServiceAccountsController {
  constructor(
    private readonly creation: CreateServiceAccountService,
    private readonly roles: KnownRoles,
    private readonly shown: AdminUsers,
  ) {}

  @Post()
  @Roles(Role.Admin)
  @RecentSignIn()
  @RateLimit('create-user')
  @ApiOperation({
    operationId: 'admin_service_accounts_create',
    summary: 'Create a service account',
    description:
      'An account for a program, without an email address. Nobody can sign in to it; create an API key for it with `POST /admin/users/{id}/api-keys`.',
  })
  @ApiCreatedResponse({ type: AdminUserDto, description: 'The new service account' })
  @ApiProblems(new UsernameTakenError())
  async create(
    @Body() { full_name, ...account }: CreateServiceAccountDto,
    @CurrentUser() principal: SessionPrincipal,
    @FromClient() client: Client,
  ): Promise<AdminUserDto> {
    this.roles.assertKnown(account.role, ['body', 'role']);
    const made = await this.creation.create(
      { ...account, fullName: full_name || null },
      { principal, client },
    );
    return this.shown.showOne(made);
  }
}
