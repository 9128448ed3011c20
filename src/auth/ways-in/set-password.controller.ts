import { Body, HttpCode, HttpStatus, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import { RecentSignIn } from '../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { OverloadedError } from '../../http/problem/problem.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { NamesAllErrors } from '../passwords/policy/new-password.interceptor.js';
import { OwnPasswordService } from './own-password.service.js';
import { SetPasswordDto } from './set-password.dto.js';
import { PasswordExistsError } from './ways-in.errors.js';

/** First password of signed-in users who have none. */
@ApiTags('Users')
@AstraController('users/me/password')
export class SetPasswordController {
  constructor(private readonly own: OwnPasswordService) {}

  @Put()
  @RecentSignIn()
  @RateLimit('password-change')
  @NamesAllErrors()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'password_set',
    summary: 'Set a password for my account without one',
    description:
      'Ends all other sessions, invalidates the links in earlier emails, and sends a notice to your email address.',
  })
  @ApiNoContentResponse({ description: 'The account has a password' })
  @ApiProblems(new PasswordExistsError(), new OverloadedError())
  set(
    @CurrentUser() user: SessionPrincipal,
    @Body() { new_password }: SetPasswordDto,
    @FromClient() client: Client,
  ): Promise<void> {
    return this.own.set(user, new_password, client);
  }
}
