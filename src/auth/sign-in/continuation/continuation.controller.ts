import { Body, HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { Public } from '../../../access/public.decorator.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { InvalidInputError, missingField, OverloadedError } from '../../../http/problem/problem.js';
import type { AnyRequest } from '../../../http/request/request-id.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { TotpSetupDto } from '../../factors/factor.dto.js';
import { FactorExistsError, InvalidProofError } from '../../factors/factors.errors.js';
import { ChallengeExpiredError, PasskeyExistsError } from '../../factors/passkeys/passkeys.errors.js';
import { PasskeyCreationOptionsDto } from '../../factors/passkeys/webauthn/passkey-options.dto.js';
import { HashesPassword, HashCapacityGuard } from '../../passwords/hashing/hash-capacity.guard.js';
import { IdentityTakenError } from '../../providers/providers.errors.js';
import { ForRefreshCookie } from '../../refresh/refresh-cookie.guard.js';
import { RefreshCookie } from '../../refresh/refresh-cookie.js';
import type { CookieModeToken } from '../../refresh/token.dto.js';
import { FirstPasswordDto } from '../first-way/first-way.dto.js';
import { FirstWayService } from '../first-way/first-way.service.js';
import { ContinuedTokenDto, ContinueSignInDto, EnrolDto } from './continuation.dto.js';
import { FactorRequiredError, InvalidSignInError } from './continuation.errors.js';
import { CodeCookie } from '../email-code/code-cookie.js';
import { EmailCodeSignInService } from '../email-code/email-code-sign-in.service.js';
import { type ContinuedSignIn, ContinuationService } from './continuation.service.js';
import { UsernameTakenError } from '../../../users/users.errors.js';
import { ProviderContinuation } from '../provider/provider-continuation.js';
import {
  AccountLinkRequiredError,
  RegistrationClosedError,
  RegistrationRequiredError,
} from '../provider/provider-sign-in.errors.js';
import { InactiveUserError } from '../sign-in.errors.js';

const EXAMPLE_TOKEN = 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo';
const factorRequired = new FactorRequiredError(EXAMPLE_TOKEN, ['totp']);

/** Returns whether a body contains no password, so that nothing is hashed. */
const hasNoPassword = (body: unknown) =>
  typeof body !== 'object' || body === null || !('password' in body || 'new_password' in body);

/** Sign-ins that need a second factor, or were begun with a provider. */
@ApiTags('Auth')
@AstraController('auth/login', HashCapacityGuard)
export class ContinuationController {
  constructor(
    private readonly continuation: ContinuationService,
    private readonly emailCodes: EmailCodeSignInService,
    private readonly providers: ProviderContinuation,
    private readonly firstWays: FirstWayService,
    private readonly cookie: RefreshCookie,
    private readonly codeCookie: CodeCookie,
  ) {}

  @Post('continue')
  @Public()
  @ForRefreshCookie()
  @HashesPassword({ unless: hasNoPassword })
  @RateLimit('sign-in')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'sessions_continue',
    summary: 'Continue a sign-in',
    description:
      'Takes the `sign_in_token` of a 403 response to the sign-in, or of a provider, and exactly one proof. After five wrong ones, sign in again. If the response is lost, sign in again as well.',
  })
  @ApiOkResponse({ type: ContinuedTokenDto, description: 'The tokens of a new session' })
  @ApiProblems(
    new InvalidProofError(),
    new InvalidSignInError(),
    factorRequired,
    new ChallengeExpiredError(),
    new PasskeyExistsError(),
    new AccountLinkRequiredError(EXAMPLE_TOKEN, { factors: ['password', 'email_code'] }),
    new RegistrationRequiredError(EXAMPLE_TOKEN, ['username']),
    new RegistrationClosedError(),
    new InactiveUserError(),
    new UsernameTakenError(),
    new IdentityTakenError(),
    new OverloadedError(),
  )
  async continue(
    @Body() input: ContinueSignInDto,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<ContinuedTokenDto | CookieModeToken> {
    const signIn = this.next(input, client, request);
    const tokens = await this.cookie.deliver(
      signIn.then((continued) => continued.tokens),
      request,
      response,
    );
    const { recoveryCodes } = await signIn;
    return recoveryCodes ? Object.assign(tokens, { recovery_codes: recoveryCodes }) : tokens;
  }

  /**
   * Continues with the only proof of the input. A code by email is the first proof of a sign-in, the input for a
   * provider settles whose it is, and any other proof is the second factor of a sign-in that has its first proof; a passkey
   * may be either. Their tokens are of different kinds, so none can take the place of another.
   */
  private async next(
    input: ContinueSignInDto,
    client: Client,
    request: AnyRequest,
  ): Promise<ContinuedSignIn> {
    const proof = input.toProof();
    const token = input.sign_in_token ?? ('emailCode' in proof ? this.codeCookie.read(request) : undefined);
    if (token === undefined) throw new InvalidInputError([missingField('body', 'sign_in_token')]);
    if ('emailCode' in proof) return { tokens: await this.emailCodes.signIn(token, proof.emailCode, client) };
    if ('providerStep' in proof)
      return { tokens: await this.providers.continue(token, proof.providerStep, client) };
    if ('newPassword' in proof)
      return { tokens: await this.firstWays.setPassword(token, proof.newPassword, client) };
    const tokens = 'passkey' in proof && (await this.providers.withPasskey(token, proof.passkey, client));
    return tokens ? { tokens } : this.continuation.continue(token, proof, client);
  }

  @Post('enrol')
  @Public()
  @RateLimit('sign-in')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'sessions_enrol',
    summary: 'Add the factor that a sign-in needs',
    description:
      'For users whose role requires a second factor, and for accounts without a way to sign in. Returns the secret for an authenticator app, whose first code continues the sign-in, or the options for a passkey, which continues it as `new_passkey`. An account without a password can also get one, as `new_password`.',
  })
  @ApiExtraModels(TotpSetupDto, PasskeyCreationOptionsDto, FirstPasswordDto)
  @ApiOkResponse({
    schema: {
      oneOf: [TotpSetupDto, PasskeyCreationOptionsDto, FirstPasswordDto].map((type) => ({
        $ref: getSchemaPath(type),
      })),
    },
    description: 'The secret for the app, options of WebAuthn, or the time left for a password',
  })
  @ApiProblems(new InvalidSignInError(), factorRequired, new FactorExistsError())
  async enrol(
    @Body() { sign_in_token, type }: EnrolDto,
  ): Promise<TotpSetupDto | PasskeyCreationOptionsDto | FirstPasswordDto> {
    if (type === 'password') return { expires_in: await this.firstWays.secondsLeft(sign_in_token) };
    if (type === 'passkey') return this.continuation.enrolPasskey(sign_in_token);
    return TotpSetupDto.from(await this.continuation.enrolTotp(sign_in_token));
  }
}
