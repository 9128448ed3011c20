import { Body, HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { AcceptsForm } from '../../http/input/input.guard.js';
import { OverloadedError } from '../../http/problem/problem.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import { RateLimit, RateLimitInstead } from '../../rate-limit/rate-limit.decorator.js';
import { HashesPassword, HashCapacityGuard } from '../passwords/hashing/hash-capacity.guard.js';
import { isRefreshGrant, RefreshFormDto } from '../refresh/oauth-forms.dto.js';
import { ForRefreshCookie } from '../refresh/refresh-cookie.guard.js';
import { RefreshCookie } from '../refresh/refresh-cookie.js';
import { RefreshService } from '../refresh/refresh.service.js';
import { type CookieModeToken, TokenDto } from '../refresh/token.dto.js';
import { CredentialsDto } from './password/credentials.dto.js';
import { PasswordSignInService } from './password/password-sign-in.service.js';
import { EmailNotVerifiedError } from '../../users/users.errors.js';
import { InvalidProofError } from '../factors/factors.errors.js';
import { FactorEnrolmentRequiredError, FactorRequiredError } from './continuation/continuation.errors.js';
import { InactiveUserError } from './sign-in.errors.js';
import { InvalidCredentialsError } from '../passwords/passwords.errors.js';

const EXAMPLE_TOKEN = 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo';

/** DTO of a form sent to the sign-in route: OAuth2 libraries know one token endpoint for both grants. */
const tokenFormDto = (fields: object) => (isRefreshGrant(fields) ? RefreshFormDto : CredentialsDto);

/** Sign-in. */
@ApiTags('Auth')
@AstraController('auth', HashCapacityGuard)
export class SignInController {
  constructor(
    private readonly passwordSignIn: PasswordSignInService,
    private readonly refreshes: RefreshService,
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
    new FactorRequiredError(EXAMPLE_TOKEN, ['totp', 'recovery_code']),
    new FactorEnrolmentRequiredError(EXAMPLE_TOKEN),
    new InvalidProofError(),
    new OverloadedError(),
  )
  async login(
    @Body() input: CredentialsDto,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<TokenDto | CookieModeToken> {
    const tokens =
      input instanceof RefreshFormDto
        ? this.refreshes.refresh(input.refresh_token, client)
        : this.passwordSignIn.signIn(input.username, input.password, client, { totpCode: input.totp_code });
    return this.cookie.deliver(tokens, request, response);
  }
}
