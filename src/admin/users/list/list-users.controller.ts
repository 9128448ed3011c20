import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import type { Principal } from '../../../access/principal.js';
import { Role } from '../../../settings/role.js';
import { KeyScopes } from '../../../access/guards/scopes.decorator.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { IdParam } from '../../../http/input/id-param.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { type PageBody, toPageBody } from '../../../paging/page.dto.js';
import { UserDirectory } from '../../../users/directory/user-directory.js';
import { AdminUserDto } from '../admin-user.dto.js';
import { AdminUsers } from '../admin-users.js';
import { UsersService } from '../../../users/users.service.js';
import { AdminCheck } from '../admin-check.js';
import { KnownRoles } from '../known-roles.js';
import { UserListQueryDto, UserPageDto } from './list-users.dto.js';

/** Listing and showing accounts, for admins and moderators. */
@ApiTags('Administration')
@AstraController('admin/users')
export class ListUsersController {
  constructor(
    private readonly directory: UserDirectory,
    private readonly users: UsersService,
    private readonly adminCheck: AdminCheck,
    private readonly roles: KnownRoles,
    private readonly shown: AdminUsers,
  ) {}

  @Get()
  @KeyScopes('users:read')
  @Roles(Role.Admin, Role.Moderator)
  @ApiOperation({
    operationId: 'admin_users_list',
    summary: 'List and search accounts',
    description: 'Only admins can list deleted accounts.',
  })
  @ApiOkResponse({ type: UserPageDto, description: 'A page of accounts' })
  async list(
    @Query() { q, role, kind, is_active, email_verified, deleted, sort, ...page }: UserListQueryDto,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<PageBody<AdminUserDto>> {
    if (deleted) this.adminCheck.assertAdmin({ principal, client }, 'ListUsersController.list');
    this.roles.assertKnown(role, ['query', 'role']);
    const filter = { q, role, kind, isActive: is_active, emailVerified: email_verified, isDeleted: deleted };
    const found = await this.directory.list(filter, sort, page);
    return toPageBody({ ...found, items: await this.shown.show(found.items) }, (user) => user);
  }

  @Get(':id')
  @KeyScopes('users:read')
  @Roles(Role.Admin, Role.Moderator)
  @ApiOperation({ operationId: 'admin_users_show', summary: 'Show an account' })
  @ApiOkResponse({ type: AdminUserDto, description: 'The account' })
  @ApiProblems(new NotFoundError('User not found.'))
  async show(@Param() { id }: IdParam): Promise<AdminUserDto> {
    return this.shown.showOne(await this.users.get(id));
  }
}
