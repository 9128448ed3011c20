import { Body, Param, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import type { Principal } from '../../../access/principal.js';
import { Role } from '../../../settings/role.js';
import { RecentSignInFor } from '../../../access/guards/recent-sign-in.guard.js';
import { KeyScopes } from '../../../access/guards/scopes.decorator.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { IdParam } from '../../../http/input/id-param.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { AdminUserDto } from '../admin-user.dto.js';
import { AdminUsers } from '../admin-users.js';
import { LastAdminError, UsernameTakenError, ServiceAccountError } from '../../../users/users.errors.js';
import { assertKeyGivesNoRole } from '../roles-by-key.js';
import { KnownRoles } from '../known-roles.js';
import { ChangeUserDto } from './change-user.dto.js';
import { ChangeUserService } from './change-user.service.js';

/** Changing accounts, for admins and, within limits, moderators. */
@ApiTags('Administration')
@AstraController('admin/users')
export class ChangeUserController {
  constructor(
    private readonly changing: ChangeUserService,
    private readonly roles: KnownRoles,
    private readonly shown: AdminUsers,
  ) {}

  @Patch(':id')
  @KeyScopes('users:write')
  @Roles(Role.Admin, Role.Moderator)
  // All but `full_name` decides who can sign in, or what a user can do.
  @RecentSignInFor('role', 'is_active', 'username', 'email_verified')
  @ApiOperation({
    operationId: 'admin_users_change',
    summary: 'Change an account',
    description:
      'A moderator can change only `is_active`, only for accounts with the role `user`, and cannot activate an account that an admin deactivated. The last active admin cannot be demoted or deactivated. A change of anything but `full_name` requires a recent sign-in.',
  })
  @ApiOkResponse({ type: AdminUserDto, description: 'The updated account' })
  @ApiProblems(
    new NotFoundError('User not found.'),
    new ServiceAccountError(),
    new LastAdminError(),
    new UsernameTakenError(),
  )
  async change(
    @Param() { id }: IdParam,
    @Body() changes: ChangeUserDto,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<AdminUserDto> {
    this.roles.assertKnown(changes.role, ['body', 'role']);
    assertKeyGivesNoRole(principal, changes.role);
    return this.shown.showOne(await this.changing.change(id, changes.toChanges(), { principal, client }));
  }
}
