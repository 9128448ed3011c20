import { Delete, HttpCode, HttpStatus, Param } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import type { Principal } from '../../../access/principal.js';
import { IdParam } from '../../../http/input/id-param.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { Role } from '../../../settings/role.js';
import { NotForYourselfError, ResetFactorsService } from './reset-factors.service.js';

/** Reset of lost second factors, for admins. */
@ApiTags('Administration')
@AstraController('admin/users')
export class ResetFactorsController {
  constructor(private readonly factors: ResetFactorsService) {}

  @Delete(':id/factors')
  @Roles(Role.Admin)
  @RecentSignIn()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'admin_users_reset_factors',
    summary: 'Remove the second factors of a user',
    description:
      'For a user who has lost them. Removes authenticator apps, passkeys and recovery codes, ends all sessions, and sends an email. Make sure that the request comes from the user.',
  })
  @ApiNoContentResponse({ description: 'The user has no second factor' })
  @ApiProblems(new NotForYourselfError(), new NotFoundError('User not found.'))
  async reset(
    @Param() { id }: IdParam,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.factors.reset(id, { principal, client });
  }
}
