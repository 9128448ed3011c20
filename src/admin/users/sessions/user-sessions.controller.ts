import { Delete, Get, HttpCode, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { Role } from '../../../settings/role.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import { OwnSessionsService } from '../../../auth/sessions/own/own-sessions.service.js';
import { SessionDto, SessionPageDto } from '../../../auth/sessions/own/session.dto.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { IdParam } from '../../../http/input/id-param.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { type PageBody, PageQueryDto, toPageBody } from '../../../paging/page.dto.js';
import { UsersService } from '../../../users/users.service.js';
import { UserSessionsService } from './user-sessions.service.js';

const noSuchUser = new NotFoundError('User not found.');

/** Sessions of other users, for admins. */
@ApiTags('Administration')
@AstraController('admin/users')
export class UserSessionsController {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: OwnSessionsService,
    private readonly ending: UserSessionsService,
  ) {}

  @Get(':id/sessions')
  @Roles(Role.Admin)
  @ApiOperation({ operationId: 'admin_users_list_sessions', summary: 'List the sessions of a user' })
  @ApiOkResponse({ type: SessionPageDto, description: 'A page of sessions' })
  @ApiProblems(noSuchUser)
  async listSessions(
    @Param() { id }: IdParam,
    @Query() page: PageQueryDto,
    @CurrentUser() { sessionId }: SessionPrincipal,
  ): Promise<PageBody<SessionDto>> {
    await this.users.get(id);
    return toPageBody(await this.sessions.listOf(id, page), (session) => SessionDto.from(session, sessionId));
  }

  @Delete(':id/sessions')
  @Roles(Role.Admin)
  @RecentSignIn()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ operationId: 'admin_users_end_sessions', summary: 'End all sessions of a user' })
  @ApiNoContentResponse({ description: 'All sessions were ended' })
  @ApiProblems(noSuchUser)
  async endSessions(
    @Param() { id }: IdParam,
    @CurrentUser() principal: SessionPrincipal,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.ending.endAll(id, { principal, client });
  }
}
