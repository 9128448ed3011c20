import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import { RecentSignInOrPassword } from '../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { OverloadedError } from '../../http/problem/problem.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { AcceptedDto } from '../one-time-tokens/accepted.dto.js';
import { InvalidCredentialsError } from '../passwords/passwords.errors.js';
import { ChangeEmailDto } from './change-email.dto.js';
import { EmailChangeRequestsService } from './email-change-requests.service.js';

/** Requests to change the signed-in user's email address. */
@ApiTags('Users')
@AstraController('users/me/email')
export class EmailChangeController {
  constructor(private readonly emailChange: EmailChangeRequestsService) {}

  @Post()
  @RecentSignInOrPassword()
  @RateLimit('email-change', 'email-change-address')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'email_change_request',
    summary: 'Change my email address',
    description:
      'Sends a link to the new email address and a notice to the current one. Nothing changes until the link is used. The response is the same if another account already uses the new email address.',
  })
  @ApiAcceptedResponse({ type: AcceptedDto, description: 'A link is on its way to the new email address' })
  @ApiProblems(new InvalidCredentialsError(), new OverloadedError())
  async request(
    @CurrentUser() principal: SessionPrincipal,
    @Body() { new_email, current_password }: ChangeEmailDto,
    @FromClient() client: Client,
  ): Promise<AcceptedDto> {
    await this.emailChange.request(principal, new_email, current_password, client);
    return new AcceptedDto('To use the new email address, open the link in the message that was sent to it.');
  }
}
