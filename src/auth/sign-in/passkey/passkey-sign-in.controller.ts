import { Body, HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { Public } from '../../../access/public.decorator.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import type { AnyRequest } from '../../../http/request/request-id.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { InvalidPasskeyError, UnknownPasskeyError } from '../../factors/passkeys/passkeys.errors.js';
import { PasskeyRequestOptionsDto } from '../../factors/passkeys/webauthn/passkey-options.dto.js';
import { type Assertion, readAssertion } from '../../factors/passkeys/webauthn/responses.js';
import { ForRefreshCookie } from '../../refresh/refresh-cookie.guard.js';
import { RefreshCookie } from '../../refresh/refresh-cookie.js';
import { type CookieModeToken, TokenDto } from '../../refresh/token.dto.js';
import { EmailNotVerifiedError } from '../../../users/users.errors.js';
import { InactiveUserError } from '../sign-in.errors.js';
import { PasskeyCredentialsDto } from './passkey-credentials.dto.js';
import { PasskeySignInService } from './passkey-sign-in.service.js';

/**
 * Sign-in with a passkey. Options are not limited beyond the address of the client: pages get them with every visit, and
 * nothing is stored for them.
 */
@ApiTags('Auth')
@AstraController('auth/passkeys')
export class PasskeySignInController {
  constructor(
    private readonly passkeySignIn: PasskeySignInService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Post('options')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys_request_options',
    summary: 'Get the options to sign in with a passkey',
    description:
      'Pass them to `PublicKeyCredential.parseRequestOptionsFromJSON()` and `navigator.credentials.get()`. They name no account, and are valid for 5 minutes, once.',
  })
  @ApiOkResponse({ type: PasskeyRequestOptionsDto, description: 'Options of WebAuthn' })
  options(): Promise<PasskeyRequestOptionsDto> {
    return this.passkeySignIn.options();
  }

  @Post('login')
  @Public()
  @ForRefreshCookie()
  @RateLimit('sign-in')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys_login',
    summary: 'Sign in with a passkey',
    description: 'The passkey must have asked for a PIN or biometrics: it is then two factors.',
  })
  @ApiOkResponse({ type: TokenDto, description: 'The tokens of a new session' })
  @ApiProblems(
    new InvalidPasskeyError(),
    new UnknownPasskeyError(),
    new InactiveUserError(),
    new EmailNotVerifiedError(),
  )
  login(
    @Body() { passkey }: PasskeyCredentialsDto,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<TokenDto | CookieModeToken> {
    const tokens = this.passkeySignIn.signIn(readAssertion(passkey) as Assertion, client);
    return this.cookie.deliver(tokens, request, response);
  }
}
