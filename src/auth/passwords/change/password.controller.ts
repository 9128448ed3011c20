import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import { RecentSignInOrPassword } from '../../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { OverloadedError } from '../../../http/problem/problem.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { InvalidCredentialsError } from '../passwords.errors.js';
import { ChangePasswordDto } from './change-password.dto.js';
import { NamesAllErrors } from '../policy/new-password.interceptor.js';
import { PasswordChangeService } from './password-change.service.js';

/** Password of the signed-in user. */
@ApiTags('Users')
@AstraController('users/me/password')
export class PasswordController {
  constructor(private readonly passwordChange: PasswordChangeService) {}

  @Post()
  @RecentSignInOrPassword()
  @RateLimit('password-change')
  @NamesAllErrors()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'password_change',
    summary: 'Change my password',
    description:
      'Ends all other sessions, invalidates the links in earlier emails, and sends a notice to your email address.',
  })
  @ApiNoContentResponse({ description: 'The password was changed' })
  @ApiProblems(new InvalidCredentialsError(), new OverloadedError())
  change(
    @CurrentUser() user: SessionPrincipal,
    @Body() { current_password, new_password }: ChangePasswordDto,
    @FromClient() client: Client,
  ): Promise<void> {
    return this.passwordChange.change(user, current_password, new_password, client);
  }
}
