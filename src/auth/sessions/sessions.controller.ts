import { Body, HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import type { Principal } from '../../access/principal.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../problem/api-problems.decorator.js';
import { AcceptsForm } from '../../problem/input.guard.js';
import { OverloadedError } from '../../problem/problem.js';
import type { AnyRequest } from '../../problem/request-id.js';
import { RateLimit, RateLimitInstead } from '../../rate-limit/rate-limit.decorator.js';
import { LegacySessions } from '../legacy-tokens/legacy-sessions.service.js';
import { HashesPassword, RoomToHashGuard } from '../passwords/room-to-hash.guard.js';
import { CredentialsDto } from './credentials.dto.js';
import { isRefreshGrant, RefreshFormDto, RevokeFormDto, tokenFormDto } from './oauth-forms.dto.js';
import { ForRefreshCookie } from './refresh-cookie.guard.js';
import { RefreshCookie } from './refresh-cookie.js';
import { RefreshDto } from './refresh.dto.js';
import { RevokeDto } from './revoke.dto.js';
import { SessionEnd } from './session.entity.js';
import {
  EmailNotVerifiedError,
  InactiveUserError,
  InvalidCredentialsError,
  InvalidRefreshTokenError,
} from './sessions.errors.js';
import { SessionsService } from './sessions.service.js';
import { SignInService } from './sign-in.service.js';
import { type TokenBesideCookie, TokenDto } from './token.dto.js';

/** Signing in, staying signed in, signing out. */
@ApiTags('Auth')
@AstraController('auth', RoomToHashGuard)
export class SessionsController {
  constructor(
    private readonly signIn: SignInService,
    private readonly sessions: SessionsService,
    private readonly legacySessions: LegacySessions,
    private readonly cookie: RefreshCookie,
  ) {}

  @Post('login')
  @Public()
  @ForRefreshCookie()
  @HashesPassword({ unless: isRefreshGrant })
  @RateLimit('sign-in')
  @RateLimitInstead({ when: isRefreshGrant, name: 'refresh' })
  @AcceptsForm(tokenFormDto)
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'sessions_login',
    summary: 'Sign in',
    description:
      'Takes a username or an email address and a password, as JSON or, for OAuth2 clients, as a form. A form can also send ' +
      '`grant_type=refresh_token` with `refresh_token`. If a form is refused, the problem document also has `error` and `error_description` ' +
      '(RFC 6749) and is sent as `application/json`.',
  })
  @ApiConsumes('application/x-www-form-urlencoded', 'application/json')
  @ApiBody({
    type: CredentialsDto,
    examples: {
      username: { summary: 'With a username', value: { username: 'ada', password: 'Analytical1' } },
      email: {
        summary: 'With an email address',
        value: { username: 'ada@example.com', password: 'Analytical1' },
      },
    },
  })
  @ApiOkResponse({ type: TokenDto, description: 'The tokens of a new session' })
  @ApiProblems(
    new InvalidCredentialsError(),
    new InactiveUserError(),
    new EmailNotVerifiedError(),
    new OverloadedError(),
  )
  async login(
    @Body() input: CredentialsDto,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<TokenDto | TokenBesideCookie> {
    const tokens =
      input instanceof RefreshFormDto
        ? this.legacySessions.refresh(input.refresh_token, client)
        : this.signIn.signIn(input.username, input.password, client);
    return this.cookie.deliver(tokens, request, response);
  }

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
  ): Promise<TokenDto | TokenBesideCookie> {
    return this.cookie.deliver(this.legacySessions.refresh(refresh_token, client), request, response);
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
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<void> {
    await this.legacySessions.logout(principal, client);
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
    @CurrentUser() { userId }: Principal,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<void> {
    await this.sessions.endOwn(userId, SessionEnd.Logout, client);
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
    summary: 'Revoke a refresh token',
    description:
      'Ends the session of a refresh token (RFC 7009). The response is the same for an unknown token.',
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
    await this.legacySessions.revoke(token, client);
    if (this.cookie.read(request) === token) this.cookie.clear(request, response);
    return {};
  }
}
