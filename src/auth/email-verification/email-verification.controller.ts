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
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { ShownUsers } from '../../users/shown-users.js';
import { EmailTakenError, LastAdminError, UsernameTakenError } from '../../users/users.errors.js';
import { AcceptedDto } from '../one-time-tokens/accepted.dto.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { VerifiedUserDto } from '../sign-in/first-way/first-way.dto.js';
import { DisownedRegistrationsService } from './disowned-registrations.service.js';
import { EmailVerificationService } from './email-verification.service.js';
import { RegistrationDto } from './registration.dto.js';
import { RequestVerificationDto } from './request-verification.dto.js';
import { VerifyEmailDto } from './verify-email.dto.js';
import { VerificationRequestsService } from './verification-requests.service.js';

/** Verification of email addresses. */
@ApiTags('Auth')
@AstraController('auth/verify-email')
export class EmailVerificationController {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly disowned: DisownedRegistrationsService,
    private readonly requests: VerificationRequestsService,
    private readonly shown: ShownUsers,
  ) {}

  @Post('request')
  @Public()
  @RateLimit('verify', 'resend-address')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'email_verification_request',
    summary: 'Resend the verification email',
    description: 'The response is the same whether or not there is an account with this email address.',
  })
  @ApiAcceptedResponse({
    type: AcceptedDto,
    description: 'A link is sent if the email address needs to be verified',
  })
  async request(
    @Body() { email }: RequestVerificationDto,
    @FromClient() client: Client,
  ): Promise<AcceptedDto> {
    await this.requests.request(email, client);
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
    summary: 'Show the account of a verification link',
    description: 'Takes the token from the email. The token stays valid.',
  })
  @ApiOkResponse({
    type: RegistrationDto,
    description: 'Details by which the owner can recognize the account',
  })
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
    summary: 'Report that I did not create this account',
    description:
      'Takes the token from the email. Deletes the account, whose email address was never verified, and releases the email address.',
  })
  @ApiNoContentResponse({ description: 'The email address was released' })
  @ApiProblems(new InvalidMailTokenError(), new LastAdminError())
  disown(@Body() { token }: VerifyEmailDto, @FromClient() client: Client): Promise<void> {
    return this.disowned.disown(token, client);
  }

  @Post()
  @Public()
  @RateLimit('verify')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'email_verification_verify',
    summary: 'Verify an email address',
    description:
      'Takes the token from the email. With `REGISTRATION_PRIVACY=strict`, this creates the account, unless its username or email address was taken in the meantime.',
  })
  @ApiOkResponse({ type: VerifiedUserDto, description: 'The account with its verified email address' })
  @ApiProblems(new InvalidMailTokenError(), new UsernameTakenError(), new EmailTakenError())
  async verify(@Body() { token }: VerifyEmailDto, @FromClient() client: Client): Promise<VerifiedUserDto> {
    const { user, firstWay } = await this.verification.verify(token, client);
    return VerifiedUserDto.of(await this.shown.one(user), firstWay);
  }
}
