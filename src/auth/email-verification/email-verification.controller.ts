import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../problem/api-problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { UserDto } from '../../users/user.dto.js';
import { EmailTakenError, LastAdminError, UsernameTakenError } from '../../users/users.errors.js';
import { AcceptedDto } from '../accepted.dto.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { EmailVerificationService } from './email-verification.service.js';
import { RegistrationDto } from './registration.dto.js';
import { RequestVerificationDto } from './request-verification.dto.js';
import { VerifyEmailDto } from './verify-email.dto.js';

/** Proving an address. */
@ApiTags('Auth')
@AstraController('auth/verify-email')
export class EmailVerificationController {
  constructor(private readonly verification: EmailVerificationService) {}

  @Post('request')
  @Public()
  @RateLimit('verify', 'resend-address')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'email_verification_request',
    summary: 'Ask for the verification mail again',
    description: 'The answer is the same whether or not there is an account with this address.',
  })
  @ApiAcceptedResponse({ type: AcceptedDto, description: 'A link is sent, if it is needed' })
  async request(
    @Body() { email }: RequestVerificationDto,
    @FromClient() client: Client,
  ): Promise<AcceptedDto> {
    await this.verification.request(email, client);
    return new AcceptedDto(
      'If this email address needs to be verified, a message with a link is on its way.',
    );
  }

  @Post('preview')
  @Public()
  @RateLimit('verify')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'email_verification_preview',
    summary: 'Show which account an email address was given for',
    description: 'With the token from the mail, which stays good.',
  })
  @ApiOkResponse({ type: RegistrationDto, description: 'What its owner should recognize' })
  @ApiProblems(new InvalidMailTokenError())
  async preview(@Body() { token }: VerifyEmailDto): Promise<RegistrationDto> {
    const { username, registeredAt, origin } = await this.verification.preview(token);
    return { username, registered_at: registeredAt.toISOString(), registered_from: origin };
  }

  @Post('disown')
  @Public()
  @RateLimit('verify')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'email_verification_disown',
    summary: 'Say that I did not create this account',
    description:
      'With the token from the mail. The account, whose address was never verified, is deleted, and the address is free.',
  })
  @ApiNoContentResponse({ description: 'The address is free' })
  @ApiProblems(new InvalidMailTokenError(), new LastAdminError())
  disown(@Body() { token }: VerifyEmailDto, @FromClient() client: Client): Promise<void> {
    return this.verification.disown(token, client);
  }

  @Post()
  @Public()
  @RateLimit('verify')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'email_verification_verify',
    summary: 'Verify an email address',
    description:
      'With the token from the mail. Under `REGISTRATION_PRIVACY=strict` the account begins with it, unless somebody has got its name or address in the meantime.',
  })
  @ApiOkResponse({ type: UserDto, description: 'The account, its address verified' })
  @ApiProblems(new InvalidMailTokenError(), new UsernameTakenError(), new EmailTakenError())
  async verify(@Body() { token }: VerifyEmailDto, @FromClient() client: Client): Promise<UserDto> {
    return UserDto.from(await this.verification.verify(token, client));
  }
}
