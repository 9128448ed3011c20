import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { OverloadedError } from '../../http/problem/problem.js';
import { RateLimit, RateLimitInstead } from '../../rate-limit/rate-limit.decorator.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import { InvalidProofError } from '../factors/factors.errors.js';
import { type FactorName, FactorsService } from '../factors/factors.service.js';
import { EmailCodeConfirmationService } from './email-code-confirmation.service.js';
import { ProviderConfirmationService } from './provider-confirmation.service.js';
import { AskForProofsDto, ProofDto, ProofOptionsDto, RenewedTokenDto } from './step-up.dto.js';
import { StepUpService } from './step-up.service.js';

/** Returns whether a request sends a message, which has a limit of its own. */
const isAskingForCode = (body: unknown): boolean =>
  (body as { send?: unknown } | undefined)?.send !== undefined;

/** Confirmation of identity by signed-in users. */
@ApiTags('Users')
@AstraController('users/me/reauthenticate')
export class StepUpController {
  constructor(
    private readonly stepUp: StepUpService,
    private readonly emailCodes: EmailCodeConfirmationService,
    private readonly providers: ProviderConfirmationService,
    private readonly factors: FactorsService,
    private readonly passwordHashes: PasswordHashes,
  ) {}

  @Post()
  @RateLimit('sign-in', 'confirm-identity')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'reauthentication_confirm',
    summary: 'Confirm my identity',
    description:
      'Takes exactly one proof, as sensitive operations require (401 `reauthentication-required`). The session counts as recent from now on, also for access tokens already issued.',
  })
  @ApiOkResponse({ type: RenewedTokenDto, description: 'A new access token of the same session' })
  @ApiProblems(new InvalidProofError(), new OverloadedError())
  async confirm(
    @CurrentUser() principal: SessionPrincipal,
    @Body() proof: ProofDto,
    @FromClient() client: Client,
  ): Promise<RenewedTokenDto> {
    return RenewedTokenDto.from(await this.stepUp.confirm(principal, proof.toProof(), client));
  }

  @Post('options')
  @RateLimit('sign-in')
  @RateLimitInstead({ when: isAskingForCode, name: 'email-code' })
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ operationId: 'reauthentication_options', summary: 'List the proofs of my identity' })
  @ApiOkResponse({ type: ProofOptionsDto, description: 'The proofs that you can send' })
  async options(
    @CurrentUser() principal: SessionPrincipal,
    @Body() { send }: AskForProofsDto,
    @FromClient() client: Client,
  ): Promise<ProofOptionsDto> {
    const { userId, sessionId } = principal;
    const canSend = this.emailCodes.isPossible(principal);
    if (send && canSend) await this.emailCodes.send(principal, client);
    const hasPassword = (await this.passwordHashes.find(userId)) !== null;
    const use = { purpose: 'reauth', holder: sessionId } as const;
    const passkeyOptions = await this.factors.passkeyOptions(userId, use);
    // Also while second factors are off: for users without a password, a passkey is the only proof.
    const names = new Set<FactorName>(await this.factors.namesOf(userId));
    if (passkeyOptions) names.add('passkey');
    const factors = [...(hasPassword ? ['password'] : []), ...names];
    const providers = await this.providers.providersOf(userId);
    return {
      ...{ factors, email_code: canSend, providers },
      ...(passkeyOptions && { passkey_options: passkeyOptions }),
    };
  }
}
