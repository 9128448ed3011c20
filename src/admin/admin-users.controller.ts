import { Body, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AstraController } from '../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../access/client.decorator.js';
import { CurrentUser } from '../access/current-user.decorator.js';
import type { Principal } from '../access/principal.js';
import { Role } from '../access/role.js';
import { Roles } from '../access/guards/roles.guard.js';
import { NamesAllErrors } from '../auth/passwords/policy/new-password.interceptor.js';
import { SessionDto, SessionPageDto } from '../auth/sessions/own/session.dto.js';
import { OwnSessionsService } from '../auth/sessions/own/own-sessions.service.js';
import { MailboxFullError } from '../mail/mail.errors.js';
import { type PageBody, PageQueryDto, toPageBody } from '../paging/page.dto.js';
import { ApiProblems } from '../http/problem/api-problems.decorator.js';
import { IdParam } from '../http/input/id-param.js';
import { NotFoundError } from '../http/problem/problem.js';
import { RateLimit } from '../rate-limit/rate-limit.decorator.js';
import { UserDirectory } from '../users/directory/user-directory.js';
import { UserDto } from '../users/user.dto.js';
import { EmailTakenError, LastAdminError, UsernameTakenError } from '../users/users.errors.js';
import { UsersService } from '../users/users.service.js';
import {
  ChangeUserDto,
  CreateUserDto,
  RestoreUserDto,
  UserListQueryDto,
  UserPageDto,
} from './admin-users.dto.js';
import { AdminUsersService } from './admin-users.service.js';
import { KnownRoles } from './known-roles.js';

const noSuchUser = new NotFoundError('User not found.');

/** Administration of accounts, for admins and moderators. */
@ApiTags('Administration')
@AstraController('admin/users')
export class AdminUsersController {
  constructor(
    private readonly directory: UserDirectory,
    private readonly users: UsersService,
    private readonly sessions: OwnSessionsService,
    private readonly administration: AdminUsersService,
    private readonly roles: KnownRoles,
  ) {}

  @Get()
  @Roles(Role.Admin, Role.Moderator)
  @ApiOperation({
    operationId: 'admin_users_list',
    summary: 'List and search accounts',
    description: 'Only admins can list deleted accounts.',
  })
  @ApiOkResponse({ type: UserPageDto, description: 'A page of accounts' })
  async list(
    @Query() { q, role, is_active, email_verified, deleted, sort, ...page }: UserListQueryDto,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<PageBody<UserDto>> {
    if (deleted) this.administration.assertAdmin({ principal, client }, 'listDeleted');
    this.roles.assertKnown(role, ['query', 'role']);
    const filter = { q, role, isActive: is_active, emailVerified: email_verified, isDeleted: deleted };
    return toPageBody(await this.directory.list(filter, sort, page), (user) => UserDto.from(user));
  }

  @Post()
  @Roles(Role.Admin)
  @RateLimit('create-user')
  @NamesAllErrors()
  @ApiOperation({
    operationId: 'admin_users_create',
    summary: 'Create an account',
    description:
      'If you omit the password, the user receives an email with a link to set one, so that nobody else knows it. If you set a password, the email asks the user to verify the email address.',
  })
  @ApiCreatedResponse({ type: UserDto, description: 'The new account' })
  @ApiProblems(new UsernameTakenError(), new EmailTakenError(), new MailboxFullError())
  async create(
    @Body() { full_name, ...account }: CreateUserDto,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<UserDto> {
    this.roles.assertKnown(account.role, ['body', 'role']);
    const made = await this.administration.create(
      { ...account, fullName: full_name || null },
      { principal, client },
    );
    return UserDto.from(made);
  }

  @Get(':id')
  @Roles(Role.Admin, Role.Moderator)
  @ApiOperation({ operationId: 'admin_users_show', summary: 'Show an account' })
  @ApiOkResponse({ type: UserDto, description: 'The account' })
  @ApiProblems(noSuchUser)
  async show(@Param() { id }: IdParam): Promise<UserDto> {
    return UserDto.from(await this.users.get(id));
  }

  @Patch(':id')
  @Roles(Role.Admin, Role.Moderator)
  @ApiOperation({
    operationId: 'admin_users_change',
    summary: 'Change an account',
    description:
      'A moderator can change only `is_active`, only for accounts with the role `user`, and cannot activate an account that an admin deactivated. The last active admin cannot be demoted or deactivated.',
  })
  @ApiOkResponse({ type: UserDto, description: 'The updated account' })
  @ApiProblems(noSuchUser, new LastAdminError(), new UsernameTakenError())
  async change(
    @Param() { id }: IdParam,
    @Body() changes: ChangeUserDto,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<UserDto> {
    this.roles.assertKnown(changes.role, ['body', 'role']);
    return UserDto.from(await this.administration.change(id, changes.toChanges(), { principal, client }));
  }

  @Delete(':id')
  @Roles(Role.Admin)
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'admin_users_remove',
    summary: 'Delete an account',
    description:
      'Signs the user out at once and releases the username and email address. The data is erased after 30 days.',
  })
  @ApiNoContentResponse({ description: 'The account was deleted' })
  @ApiProblems(noSuchUser, new LastAdminError())
  async remove(
    @Param() { id }: IdParam,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.administration.remove(id, { principal, client });
  }

  @Post(':id/restore')
  @Roles(Role.Admin)
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'admin_users_restore',
    summary: 'Restore a deleted account',
    description:
      'Possible within 30 days. If the username or email address was taken in the meantime, the problem says which. ' +
      'In that case, send a new one for the account.',
  })
  @ApiOkResponse({ type: UserDto, description: 'The restored account' })
  @ApiProblems(noSuchUser, new UsernameTakenError(), new EmailTakenError())
  async restore(
    @Param() { id }: IdParam,
    @Body() names: RestoreUserDto,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<UserDto> {
    return UserDto.from(await this.administration.restore(id, names, { principal, client }));
  }

  @Get(':id/sessions')
  @Roles(Role.Admin)
  @ApiOperation({ operationId: 'admin_users_list_sessions', summary: 'List the sessions of a user' })
  @ApiOkResponse({ type: SessionPageDto, description: 'A page of sessions' })
  @ApiProblems(noSuchUser)
  async listSessions(
    @Param() { id }: IdParam,
    @Query() page: PageQueryDto,
    @CurrentUser() { sessionId }: Principal,
  ): Promise<PageBody<SessionDto>> {
    await this.users.get(id);
    return toPageBody(await this.sessions.listOf(id, page), (session) => SessionDto.from(session, sessionId));
  }

  @Delete(':id/sessions')
  @Roles(Role.Admin)
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ operationId: 'admin_users_end_sessions', summary: 'End all sessions of a user' })
  @ApiNoContentResponse({ description: 'All sessions were ended' })
  @ApiProblems(noSuchUser)
  async endSessions(
    @Param() { id }: IdParam,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.administration.endSessions(id, { principal, client });
  }
}
