import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import type { Principal } from '../../access/principal.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { OverloadedError } from '../../http/problem/problem.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import { InvalidProofError } from '../factors/factors.errors.js';
import { FactorsService } from '../factors/factors.service.js';
import { ProofDto, ProofOptionsDto, RenewedTokenDto } from './step-up.dto.js';
import { StepUpService } from './step-up.service.js';

/** Confirmation of identity by signed-in users. */
@ApiTags('Users')
@AstraController('users/me/reauthenticate')
export class StepUpController {
  constructor(
    private readonly stepUp: StepUpService,
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
    @CurrentUser() principal: Principal,
    @Body() proof: ProofDto,
    @FromClient() client: Client,
  ): Promise<RenewedTokenDto> {
    return RenewedTokenDto.from(await this.stepUp.confirm(principal, proof.toProof(), client));
  }

  @Post('options')
  @RateLimit('sign-in')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ operationId: 'reauthentication_options', summary: 'List the proofs of my identity' })
  @ApiOkResponse({ type: ProofOptionsDto, description: 'The proofs that you can send' })
  async options(@CurrentUser() { userId, sessionId }: Principal): Promise<ProofOptionsDto> {
    const hasPassword = (await this.passwordHashes.find(userId)) !== null;
    const factors = [...(hasPassword ? ['password'] : []), ...(await this.factors.namesOf(userId))];
    const use = { purpose: 'reauth', holder: sessionId } as const;
    const passkeyOptions = await this.factors.passkeyOptions(userId, use);
    return { factors, email_code: false, ...(passkeyOptions && { passkey_options: passkeyOptions }) };
  }
}
