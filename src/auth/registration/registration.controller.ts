import { applyDecorators, Body, HttpStatus, Post, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { OverloadedError } from '../../http/problem/problem.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { ShownUsers } from '../../users/shown-users.js';
import { UserDto } from '../../users/user.dto.js';
import { EmailTakenError, UsernameTakenError } from '../../users/users.errors.js';
import { AcceptedDto } from '../one-time-tokens/accepted.dto.js';
import { NamesAllErrors } from '../passwords/policy/new-password.interceptor.js';
import type { PasswordlessRegisterDto } from './passwordless-register.dto.js';
import { RegisterDto } from './register.dto.js';
import { RegistrationService } from './registration.service.js';

/** Rules and description of the route with which users register, whether or not they must choose a password. */
export const Registers = () =>
  applyDecorators(
    Public(),
    RateLimit('register'),
    NamesAllErrors(),
    ApiOperation({
      operationId: 'registration_register',
      summary: 'Sign up',
      description:
        'Sends a link to verify the email address. With `REGISTRATION_PRIVACY=strict`, the account is created when the link is used. The response is then the same for an email address that is already taken, whose owner receives an email. In both cases, the username is reserved for 24 hours.',
    }),
    ApiCreatedResponse({ type: UserDto, description: 'The new account' }),
    ApiAcceptedResponse({
      type: AcceptedDto,
      description: 'Only with strict privacy: an email with the next step is on its way',
    }),
    ApiProblems(new UsernameTakenError(), new EmailTakenError(), new OverloadedError()),
  );

/** Registration of new users. */
@ApiTags('Auth')
@AstraController('auth')
export class RegistrationController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly adapterHost: HttpAdapterHost,
    private readonly shown: ShownUsers,
  ) {}

  @Post('register')
  @Registers()
  register(
    @Body() input: RegisterDto,
    @FromClient() client: Client,
    @Res({ passthrough: true }) response: object,
  ): Promise<UserDto | AcceptedDto> {
    return this.answer(input, client, response);
  }

  /** Registers a user. With strict privacy, the response does not tell whether there will be an account. */
  protected async answer(
    { username, email, password, full_name: fullName }: PasswordlessRegisterDto,
    client: Client,
    response: object,
  ): Promise<UserDto | AcceptedDto> {
    const registration = { username, email, password, fullName: fullName || null };
    const user = await this.registration.register(registration, client);
    if (user) return this.shown.of(user, []);
    this.adapterHost.httpAdapter.status(response, HttpStatus.ACCEPTED);
    return new AcceptedDto('Check your inbox to continue.');
  }
}
