import { Body, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import type { Principal } from '../../../access/principal.js';
import { Role } from '../../../settings/role.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { IdParam } from '../../../http/input/id-param.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { AdminUserDto } from '../admin-user.dto.js';
import { AdminUsers } from '../admin-users.js';
import { EmailTakenError, UsernameTakenError, ServiceAccountError } from '../../../users/users.errors.js';
import { RestoreUserDto } from './restore-user.dto.js';
import { RestoreUserService } from './restore-user.service.js';

/** Restoring deleted accounts, for admins. */
@ApiTags('Administration')
@AstraController('admin/users')
export class RestoreUserController {
  constructor(
    private readonly restoration: RestoreUserService,
    private readonly shown: AdminUsers,
  ) {}

  @Post(':id/restore')
  @Roles(Role.Admin)
  @RecentSignIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'admin_users_restore',
    summary: 'Restore a deleted account',
    description:
      'Possible within 30 days. If the username or email address was taken in the meantime, the problem says which. ' +
      'In that case, send a new one for the account.',
  })
  @ApiOkResponse({ type: AdminUserDto, description: 'The restored account' })
  @ApiProblems(
    new NotFoundError('User not found.'),
    new ServiceAccountError(),
    new UsernameTakenError(),
    new EmailTakenError(),
  )
  async restore(
    @Param() { id }: IdParam,
    @Body() names: RestoreUserDto,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<AdminUserDto> {
    return this.shown.showOne(await this.restoration.restore(id, names, { principal, client }));
  }
}
