import { HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../access/client.decorator.js';
import { CurrentUser } from '../access/current-user.decorator.js';
import type { Principal } from '../access/principal.js';
import { Role } from '../access/role.js';
import { Roles } from '../access/roles.guard.js';
import { ApiProblems } from '../problem/api-problems.decorator.js';
import { IdParam } from '../problem/id-param.js';
import { NotFoundError } from '../problem/problem.js';
import { UnderWayDto } from './admin-users.dto.js';
import { AdminUsersService } from './admin-users.service.js';

/** What administrators do about passwords of others, where there is mail. */
@ApiTags('Administration')
@AstraController('admin/users/:id/password-reset')
export class AdminPasswordResetController {
  constructor(private readonly administration: AdminUsersService) {}

  @Post()
  @Roles(Role.Admin)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    summary: 'Have a user choose a new password',
    description: 'Ends all sessions and sends a mail with a link.',
  })
  @ApiAcceptedResponse({ type: UnderWayDto, description: 'The mail is on its way' })
  @ApiProblems(new NotFoundError('There is no such user.'))
  async force(
    @Param() { id }: IdParam,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<UnderWayDto> {
    await this.administration.forcePasswordReset(id, { principal, client });
    return { detail: 'The sessions have ended, and a mail with a link is on its way.' };
  }
}
