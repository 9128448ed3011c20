import { Body, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../problem/api-problems.decorator.js';
import { OverloadedError } from '../../problem/problem.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { UserDto } from '../../users/user.dto.js';
import { EmailTakenError, UsernameTakenError } from '../../users/users.errors.js';
import { RegisterDto } from './register.dto.js';
import { RegistrationService } from './registration.service.js';

/** Signing up. */
@ApiTags('Auth')
@AstraController('auth')
export class RegistrationController {
  constructor(private readonly registration: RegistrationService) {}

  @Post('register')
  @Public()
  @RateLimit('register')
  @ApiOperation({ summary: 'Sign up' })
  @ApiCreatedResponse({ type: UserDto, description: 'The new account' })
  @ApiProblems(new UsernameTakenError(), new EmailTakenError(), new OverloadedError())
  async register(@Body() { username, email, password, full_name }: RegisterDto): Promise<UserDto> {
    return UserDto.from(
      await this.registration.register({ username, email, password, fullName: full_name || null }),
    );
  }
}
