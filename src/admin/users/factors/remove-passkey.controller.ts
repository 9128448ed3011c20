import { Delete, HttpCode, HttpStatus, Param } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import type { Principal } from '../../../access/principal.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { Role } from '../../../settings/role.js';
import { PasskeyParams } from './passkey-params.js';
import { NotForYourselfError, ResetFactorsService } from './reset-factors.service.js';

/** Removal of single passkeys of users, for admins. Apart from the reset, as passkeys are used without second factors too. */
@ApiTags('Administration')
@AstraController('admin/users')
export class RemovePasskeyController {
  constructor(private readonly factors: ResetFactorsService) {}

  @Delete(':id/passkeys/:pid')
  @Roles(Role.Admin)
  @RecentSignIn()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'admin_users_remove_passkey',
    summary: 'Remove a passkey of a user',
    description:
      'For a passkey in the wrong hands; the audit trail has its id. Ends all sessions, and sends an email. A user without another way to sign in can set a password by email.',
  })
  @ApiNoContentResponse({ description: 'The passkey was removed' })
  @ApiProblems(new NotForYourselfError(), new NotFoundError('Passkey not found.'))
  async remove(
    @Param() { id, pid }: PasskeyParams,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.factors.removePasskey(id, pid, { principal, client });
  }
}
