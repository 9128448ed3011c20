import { HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import type { Principal } from '../../../access/principal.js';
import { Role } from '../../../settings/role.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import { Roles } from '../../../access/guards/roles.guard.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { IdParam } from '../../../http/input/id-param.js';
import { MailboxFullError } from '../../../mail/mail.errors.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { ServiceAccountError } from '../../../users/users.errors.js';
import { UnderWayDto } from './force-password-reset.dto.js';
import { ForcePasswordResetService } from './force-password-reset.service.js';

/** Forced password resets, in applications that send email. */
@ApiTags('Administration')
@AstraController('admin/users/:id/password-reset')
export class ForcePasswordResetController {
  constructor(private readonly resets: ForcePasswordResetService) {}

  @Post()
  @Roles(Role.Admin)
  @RecentSignIn()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'admin_password_reset_force',
    summary: 'Force a password reset',
    description:
      'Use this for an account that may be compromised. Disables the password, ends all sessions at once, and sends an email with a link to set a new password that is valid for 24 hours. An inactive user receives it when the account is activated again.',
  })
  @ApiAcceptedResponse({ type: UnderWayDto, description: 'The password was disabled' })
  @ApiProblems(new NotFoundError('User not found.'), new ServiceAccountError(), new MailboxFullError())
  async force(
    @Param() { id }: IdParam,
    @CurrentUser() principal: Principal,
    @FromClient() client: Client,
  ): Promise<UnderWayDto> {
    const isSent = await this.resets.force(id, { principal, client });
    const done = 'The password was disabled and all sessions were ended';
    return {
      detail: isSent
        ? `${done}. An email with a link to set a new password is on its way.`
        : `${done}. The account is inactive, so the email with the link is sent when it is activated again.`,
    };
  }
}
