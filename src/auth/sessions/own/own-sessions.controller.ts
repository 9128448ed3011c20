import { Delete, Get, HttpCode, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { type PageBody, PageQueryDto, toPageBody } from '../../../paging/page.dto.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { IdParam } from '../../../http/input/id-param.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { SessionEnd } from '../session.entity.js';
import { SessionDto, SessionPageDto } from './session.dto.js';
import { OwnSessionsService } from './own-sessions.service.js';

/** Sessions of the signed-in user. */
@ApiTags('Sessions')
@AstraController('users/me/sessions')
export class OwnSessionsController {
  constructor(private readonly sessions: OwnSessionsService) {}

  @Get()
  @ApiOperation({
    operationId: 'own_sessions_list',
    summary: 'List my sessions',
    description: 'Most recent sign-in first.',
  })
  @ApiOkResponse({ type: SessionPageDto, description: 'A page of sessions' })
  async list(
    @CurrentUser() { userId, sessionId }: SessionPrincipal,
    @Query() query: PageQueryDto,
  ): Promise<PageBody<SessionDto>> {
    return toPageBody(await this.sessions.listOf(userId, query), (session) =>
      SessionDto.from(session, sessionId),
    );
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ operationId: 'own_sessions_end', summary: 'End one of my sessions' })
  @ApiNoContentResponse({ description: 'The session was ended' })
  @ApiProblems(new NotFoundError('Session not found.'))
  async end(
    @CurrentUser() { userId }: SessionPrincipal,
    @Param() { id }: IdParam,
    @FromClient() client: Client,
  ): Promise<void> {
    const ended = await this.sessions.end(id, userId, SessionEnd.Revoked, client);
    if (!ended) throw new NotFoundError('Session not found.');
  }

  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'own_sessions_end_others',
    summary: 'End my other sessions',
    description: 'Ends all sessions except the current one.',
  })
  @ApiNoContentResponse({ description: 'The other sessions were ended' })
  async endOthers(
    @CurrentUser() { userId, sessionId }: SessionPrincipal,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.sessions.endAll(userId, SessionEnd.Revoked, client, { except: sessionId });
  }
}
