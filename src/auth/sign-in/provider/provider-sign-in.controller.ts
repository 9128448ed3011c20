import { Body, Get, HttpCode, HttpStatus, Param, Post, Query, Redirect, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { Public } from '../../../access/public.decorator.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import type { AnyRequest } from '../../../http/request/request-id.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { CallbackUrls } from '../../providers/callback-urls.js';
import { ProviderDirectory } from '../../providers/client/provider-directory.js';
import { AuthorizationDto } from '../../providers/identities/identity.dto.js';
import { ProviderNameParam } from '../../providers/provider-name.param.js';
import {
  AccessDeniedError,
  InvalidIdTokenError,
  ProviderUnavailableError,
} from '../../providers/providers.errors.js';
import { WAY_TTL, Ways } from '../../providers/way/ways.js';
import { ForRefreshCookie } from '../../refresh/refresh-cookie.guard.js';
import { RefreshCookie } from '../../refresh/refresh-cookie.js';
import { type CookieModeToken, TokenDto } from '../../refresh/token.dto.js';
import { FactorRequiredError } from '../continuation/continuation.errors.js';
import { InactiveUserError } from '../sign-in.errors.js';
import { ProviderAnswersService } from '../../providers/waiting/provider-answers.service.js';
import {
  AccountLinkRequiredError,
  RegistrationClosedError,
  RegistrationRequiredError,
} from './provider-sign-in.errors.js';
import { ProviderSignInService } from './provider-sign-in.service.js';
import { IdTokenCredentialsDto, ProviderAuthorizeDto, ProviderDto, ProviderListDto } from './provider.dto.js';

const EXAMPLE_TOKEN = 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo';

/** Sign-in with a provider, up to the point where the browser leaves for it, and with the ID token of a native app. */
@ApiTags('Auth')
@AstraController('auth/providers')
export class ProviderSignInController {
  constructor(
    private readonly providers: ProviderDirectory,
    private readonly urls: CallbackUrls,
    private readonly ways: Ways,
    private readonly answers: ProviderAnswersService,
    private readonly providerSignIn: ProviderSignInService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ operationId: 'providers_list', summary: 'List the providers that users can sign in with' })
  @ApiOkResponse({ type: ProviderListDto, description: 'All providers' })
  list(): ProviderListDto {
    return {
      items: this.providers.all.map((one) => ProviderDto.from(one, this.urls.authorizeUrlOf(one.name))),
    };
  }

  @Post(':name/authorize')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'providers_authorize',
    summary: 'Begin to sign in with a provider',
    description:
      'Returns the URL of the provider, and a cookie that binds the sign-in to this browser. At the end, `redirect_to` is opened with a `sign_in_token`, which `POST /auth/login/continue` takes with the `code_verifier` within a minute, or with `error=<problem code>`. For pages of the same site; others open `authorize_url`.',
  })
  @ApiOkResponse({ type: AuthorizationDto, description: 'The URL of the provider, and a cookie' })
  @ApiProblems(new NotFoundError('Provider not found.'), new ProviderUnavailableError())
  async authorize(
    @Param() { name }: ProviderNameParam,
    @Body() input: ProviderAuthorizeDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<AuthorizationDto> {
    const url = await this.begin(name, input, response);
    return { authorization_url: url.href, expires_in: WAY_TTL };
  }

  @Get(':name/authorize')
  @Public()
  @Redirect(undefined, HttpStatus.SEE_OTHER)
  @ApiOperation({
    operationId: 'providers_authorize_redirect',
    summary: 'Go to a provider to sign in',
    description:
      'For native apps (RFC 8252) and apps on another site, which open this URL in a browser. Continues like `POST`.',
  })
  @ApiResponse({ status: HttpStatus.SEE_OTHER, description: 'Redirects to the provider, with a cookie' })
  @ApiProblems(new NotFoundError('Provider not found.'), new ProviderUnavailableError())
  async authorizeRedirect(
    @Param() { name }: ProviderNameParam,
    @Query() input: ProviderAuthorizeDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<{ url: string }> {
    const url = await this.begin(name, input, response);
    return { url: url.href };
  }

  @Post(':name/id-token')
  @Public()
  @ForRefreshCookie()
  @RateLimit('sign-in')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'providers_id_token',
    summary: 'Sign in with an ID token of a native app',
    description: 'For the sign-in of the operating system, and One Tap. An ID token is accepted once.',
  })
  @ApiOkResponse({ type: TokenDto, description: 'The tokens of a new session' })
  @ApiProblems(
    new InvalidIdTokenError(),
    new AccessDeniedError(),
    new AccountLinkRequiredError(EXAMPLE_TOKEN, { factors: ['password', 'email_code'] }),
    new RegistrationRequiredError(EXAMPLE_TOKEN, ['username']),
    new RegistrationClosedError(),
    new FactorRequiredError(EXAMPLE_TOKEN, ['totp', 'recovery_code']),
    new InactiveUserError(),
    new NotFoundError('Provider not found.'),
    new ProviderUnavailableError(),
  )
  async idToken(
    @Param() { name }: ProviderNameParam,
    @Body() { id_token: idToken, nonce, full_name: fullName }: IdTokenCredentialsDto,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<TokenDto | CookieModeToken> {
    const tokens = this.answers
      .accept(name, { idToken, nonce, fullName }, client)
      .then((identity) => this.providerSignIn.settle(identity, client));
    return this.cookie.deliver(tokens, request, response);
  }

  /** Starts a sign-in that ends at the app. See {@link Ways.begin} for its errors. */
  private begin(name: string, input: ProviderAuthorizeDto, response: object): Promise<URL> {
    const { redirect_to: redirectTo, code_challenge: challenge, login_hint: loginHint, prompt } = input;
    const signsInAgain = prompt === 'login';
    return this.ways.begin(name, { redirectTo, challenge, loginHint, signsInAgain, linking: null }, response);
  }
}
