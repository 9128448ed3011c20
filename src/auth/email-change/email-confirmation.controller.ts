import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { ShownUsers } from '../../users/shown-users.js';
import { UserDto } from '../../users/user.dto.js';
import { EmailTakenError } from '../../users/users.errors.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { ConfirmEmailDto } from './confirm-email.dto.js';
import { EmailChangeService } from './email-change.service.js';

/** Confirmation of a new email address. */
@ApiTags('Auth')
@AstraController('auth/email/confirm')
export class EmailConfirmationController {
  constructor(
    private readonly emailChange: EmailChangeService,
    private readonly shown: ShownUsers,
  ) {}

  @Post()
  @Public()
  @RateLimit('verify')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'email_confirmation_confirm',
    summary: 'Confirm a new email address',
    description:
      'Takes the token from the email to the new email address. Links sent to the old one are invalidated.',
  })
  @ApiOkResponse({ type: UserDto, description: 'The account with its new email address' })
  @ApiProblems(new InvalidMailTokenError(), new EmailTakenError())
  async confirm(@Body() { token }: ConfirmEmailDto, @FromClient() client: Client): Promise<UserDto> {
    return this.shown.one(await this.emailChange.confirm(token, client));
  }
}
