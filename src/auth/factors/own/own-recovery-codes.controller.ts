import { HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { RecoveryCodesDto } from '../factor.dto.js';
import { NoFactorError } from '../factors.errors.js';
import { OwnRecoveryCodesService } from './own-recovery-codes.service.js';

/** Recovery codes of the signed-in user. */
@ApiTags('Users')
@AstraController('users/me/recovery-codes')
export class OwnRecoveryCodesController {
  constructor(private readonly own: OwnRecoveryCodesService) {}

  @Post()
  @RecentSignIn({ factors: 2 })
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'recovery_codes_replace',
    summary: 'Replace my recovery codes',
    description: 'The old codes become invalid, and all other sessions end.',
  })
  @ApiOkResponse({ type: RecoveryCodesDto, description: 'Ten new codes, which are shown once' })
  @ApiProblems(new NoFactorError())
  async replace(
    @CurrentUser() principal: SessionPrincipal,
    @FromClient() client: Client,
  ): Promise<RecoveryCodesDto> {
    return { recovery_codes: await this.own.replace(principal, client) };
  }
}
