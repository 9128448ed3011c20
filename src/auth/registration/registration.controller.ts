import { Body, HttpStatus, Post, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../problem/api-problems.decorator.js';
import { OverloadedError } from '../../problem/problem.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { UserDto } from '../../users/user.dto.js';
import { EmailTakenError, UsernameTakenError } from '../../users/users.errors.js';
import { AcceptedDto } from '../accepted.dto.js';
import { NamesAllErrors } from '../passwords/new-password.interceptor.js';
import { RegisterDto } from './register.dto.js';
import { RegistrationService } from './registration.service.js';

/** Signing up. */
@ApiTags('Auth')
@AstraController('auth')
export class RegistrationController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Post('register')
  @Public()
  @RateLimit('register')
  @NamesAllErrors()
  @ApiOperation({
    operationId: 'registration_register',
    summary: 'Sign up',
    description:
      'A link to verify the address goes to it. Under `REGISTRATION_PRIVACY=strict` the account begins when that link is opened; the answer is the same for an address that is taken, whose owner gets a mail, and the username is held for 24 hours in both cases.',
  })
  @ApiCreatedResponse({ type: UserDto, description: 'The new account' })
  @ApiAcceptedResponse({ type: AcceptedDto, description: 'Only under strict privacy: see your mail' })
  @ApiProblems(new UsernameTakenError(), new EmailTakenError(), new OverloadedError())
  async register(
    @Body() { username, email, password, full_name: fullName }: RegisterDto,
    @FromClient() client: Client,
    @Res({ passthrough: true }) response: object,
  ): Promise<UserDto | AcceptedDto> {
    const registration = { username, email, password, fullName: fullName || null };
    const user = await this.registration.register(registration, client);
    if (user) return UserDto.from(user);
    this.adapterHost.httpAdapter.status(response, HttpStatus.ACCEPTED);
    return new AcceptedDto('Check your inbox to continue.');
  }
}
