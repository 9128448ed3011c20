import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { OverloadedError } from '../../http/problem/problem.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { AcceptedDto } from '../one-time-tokens/accepted.dto.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { NamesAllErrors } from '../passwords/policy/new-password.interceptor.js';
import { ForgotPasswordDto } from './forgot-password.dto.js';
import { PasswordResetService } from './password-reset.service.js';
import { ResetPasswordDto } from './reset-password.dto.js';
import { ForgottenPasswordService } from './forgotten-password.service.js';

/** Reset of forgotten passwords. */
@ApiTags('Auth')
@AstraController('auth/password')
export class PasswordResetController {
  constructor(
    private readonly passwordReset: PasswordResetService,
    private readonly forgottenPassword: ForgottenPasswordService,
  ) {}

  @Post('forgot')
  @Public()
  @RateLimit('forgot', 'forgot-address')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'password_reset_forgot',
    summary: 'Request a link to reset the password',
    description: 'The response is the same whether or not there is an account with this email address.',
  })
  @ApiAcceptedResponse({ type: AcceptedDto, description: 'A link is sent if the account exists' })
  async forgot(@Body() { email }: ForgotPasswordDto, @FromClient() client: Client): Promise<AcceptedDto> {
    await this.forgottenPassword.request(email, client);
    return new AcceptedDto(
      'If there is an account with this email address, a message with a link to choose a new password is on its way.',
    );
  }

  @Post('reset')
  @Public()
  @RateLimit('reset')
  @NamesAllErrors()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'password_reset_reset',
    summary: 'Choose a new password',
    description: 'Takes the token from the email. Ends all sessions and verifies the email address.',
  })
  @ApiNoContentResponse({ description: 'The password was changed' })
  @ApiProblems(new InvalidMailTokenError(), new OverloadedError())
  reset(@Body() { token, new_password }: ResetPasswordDto, @FromClient() client: Client): Promise<void> {
    return this.passwordReset.reset(token, new_password, client);
  }
}
