import { Body, HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import { ApiConsumes, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { AcceptsForm } from '../../http/input/input.guard.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { OwnSessionsService } from '../sessions/own/own-sessions.service.js';
import { RefreshFormDto, RevokeFormDto } from './oauth-forms.dto.js';
import { ForRefreshCookie } from './refresh-cookie.guard.js';
import { RefreshCookie } from './refresh-cookie.js';
import { RefreshDto } from './refresh.dto.js';
import { RevokeDto } from './revoke.dto.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { InvalidRefreshTokenError } from './refresh.errors.js';
import { RefreshService } from './refresh.service.js';
import { TokenRevocationService } from './token-revocation.service.js';
import { type CookieModeToken, TokenDto } from './token.dto.js';

/** Refresh, revocation and sign-out. */
@ApiTags('Auth')
@AstraController('auth')
export class RefreshController {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly sessions: OwnSessionsService,
    private readonly revocation: TokenRevocationService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Post('refresh')
  @Public()
  @ForRefreshCookie('refresh_token')
  @RateLimit('refresh')
  @AcceptsForm(() => RefreshFormDto)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'sessions_refresh',
    summary: 'Refresh the tokens',
    description:
      'Exchanges a refresh token for a new refresh token and a new access token. Until the new tokens are used, and for 10 seconds after that, the same refresh token returns the same successor. Later use of it ends the session.',
  })
  @ApiOkResponse({ type: TokenDto, description: 'The next tokens of the session' })
  @ApiProblems(new InvalidRefreshTokenError())
  async refresh(
    @Body() { refresh_token }: RefreshDto,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<TokenDto | CookieModeToken> {
    return this.cookie.deliver(this.refreshes.refresh(refresh_token, client), request, response);
  }

  @Post('logout')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'sessions_logout',
    summary: 'Sign out',
    description: 'Ends the current session. Its access tokens are rejected from now on.',
  })
  @ApiNoContentResponse({ description: 'The session was ended' })
  async logout(
    @CurrentUser() principal: SessionPrincipal,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<void> {
    await this.revocation.signOut(principal, client);
    this.cookie.clear(request, response);
  }

  @Post('logout-all')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'sessions_logout_all',
    summary: 'End all my sessions',
    description: 'Ends all sessions of the user, including the current one.',
  })
  @ApiNoContentResponse({ description: 'All sessions were ended' })
  async logoutAll(
    @CurrentUser() { userId }: SessionPrincipal,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<void> {
    await this.sessions.endAll(userId, SessionEnd.Logout, client);
    this.cookie.clear(request, response);
  }

  @Post('revoke')
  @Public()
  @ForRefreshCookie('token')
  @AcceptsForm(() => RevokeFormDto)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'sessions_revoke',
    summary: 'Revoke a refresh token or an API key',
    description:
      'Ends the session of a refresh token (RFC 7009), or revokes an API key, so that a person who finds one can end it. The response is the same for an unknown token.',
  })
  @ApiOkResponse({
    schema: { type: 'object', additionalProperties: false, example: {} },
    description: 'The token is now invalid',
  })
  async revoke(
    @Body() { token }: RevokeDto,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<Record<string, never>> {
    await this.revocation.revoke(token, client);
    if (this.cookie.read(request) === token) this.cookie.clear(request, response);
    return {};
  }
}
