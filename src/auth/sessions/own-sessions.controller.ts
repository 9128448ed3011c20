import { Delete, Get, HttpCode, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import type { Principal } from '../../access/principal.js';
import { type PageBody, PageOf, PageQueryDto, toPageBody } from '../../paging/page.dto.js';
import { ApiProblems } from '../../problem/api-problems.decorator.js';
import { IdParam } from '../../problem/id-param.js';
import { NotFoundError } from '../../problem/problem.js';
import { SessionEnd } from './session.entity.js';
import { SessionDto } from './session.dto.js';
import { SessionsService } from './sessions.service.js';

/** A page of sessions. */
class SessionPageDto extends PageOf(SessionDto) {}

/** Where the signed-in user is signed in. */
@ApiTags('Sessions')
@AstraController('users/me/sessions')
export class OwnSessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @ApiOperation({ summary: 'List where I am signed in', description: 'Newest sign-in first.' })
  @ApiOkResponse({ type: SessionPageDto, description: 'A page of sessions' })
  async list(
    @CurrentUser() { userId, sessionId }: Principal,
    @Query() query: PageQueryDto,
  ): Promise<PageBody<SessionDto>> {
    return toPageBody(await this.sessions.listOf(userId, query), (session) =>
      SessionDto.from(session, sessionId),
    );
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Sign out one session' })
  @ApiNoContentResponse({ description: 'It has ended' })
  @ApiProblems(new NotFoundError('There is no such session.'))
  async end(@CurrentUser() { userId }: Principal, @Param() { id }: IdParam): Promise<void> {
    const ended = await this.sessions.end(id, userId, SessionEnd.Revoked);
    if (!ended) throw new NotFoundError('There is no such session.');
  }

  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Sign out everywhere else', description: 'All sessions but this one end.' })
  @ApiNoContentResponse({ description: 'They have ended' })
  async endOthers(@CurrentUser() { userId, sessionId }: Principal): Promise<void> {
    await this.sessions.endAll(userId, SessionEnd.Revoked, { except: sessionId });
  }
}
