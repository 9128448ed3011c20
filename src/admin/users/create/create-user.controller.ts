import { Body, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import type { Principal } from '../../../access/principal.js';
import { Role } from '../../../settings/role.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import { KeyScopes } from '../../../access/guards/scopes.decorator.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import { NamesAllErrors } from '../../../auth/passwords/policy/new-password.interceptor.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { MailboxFullError } from '../../../mail/mail.errors.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { AdminUserDto } from '../admin-user.dto.js';
import { AdminUsers } from '../admin-users.js';
import { EmailTakenError, UsernameTakenError } from '../../../users/users.errors.js';
import { assertKeyGivesNoRole } from '../roles-by-key.js';
import { KnownRoles } from '../known-roles.js';
import { CreateUserDto } from './create-user.dto.js';
import { CreateUserService } from './create-user.service.js';

/** Creating accounts, for admins. */
@ApiTags('Administration')
@AstraController('admin/users')
export class CreateUserController {
  constructor(
    private readonly creation: CreateUserService,
    private readonly roles: KnownRoles,
    private readonly shown: AdminUsers,
  ) {}

  @Post()
  @KeyScopes('users:write')
  @Roles(Role.Admin)
  @RecentSignIn()
  @RateLimit('create-user')
  @NamesAllErrors()
  @ApiOperation({
    operationId: 'admin_users_create',
    summary: 'Create an account',
    description:
      'If you omit the password, the user receives an email with a link to set one, so that nobody else knows it. If you set a password, the email asks the user to verify the email address.',
  })
  @ApiCreatedResponse({ type: AdminUserDto, description: 'The new account' })
  @ApiProblems(new UsernameTakenError(), new EmailTakenError(), new MailboxFullError())
  async create(
    @Body() { full_name, ...account }: CreateUserDto,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<AdminUserDto> {
    this.roles.assertKnown(account.role, ['body', 'role']);
    assertKeyGivesNoRole(principal, account.role);
    const made = await this.creation.create(
      { ...account, fullName: full_name || null },
      { principal, client },
    );
    return this.shown.showOne(made);
  }
}
