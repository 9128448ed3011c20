import { Delete, HttpCode, HttpStatus, Param } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
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
import { LastAdminError } from '../../../users/users.errors.js';
import { DeleteUserService } from './delete-user.service.js';

/** Deleting accounts, for admins. */
@ApiTags('Administration')
@AstraController('admin/users')
export class DeleteUserController {
  constructor(private readonly deletion: DeleteUserService) {}

  @Delete(':id')
  @Roles(Role.Admin)
  @RecentSignIn()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'admin_users_remove',
    summary: 'Delete an account',
    description:
      'Signs the user out at once and releases the username and email address. The data is erased after 30 days.',
  })
  @ApiNoContentResponse({ description: 'The account was deleted' })
  @ApiProblems(new NotFoundError('User not found.'), new LastAdminError())
  async remove(
    @Param() { id }: IdParam,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.deletion.remove(id, { principal, client });
  }
}
