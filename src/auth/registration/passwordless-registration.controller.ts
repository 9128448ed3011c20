import { Body, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import type { UserDto } from '../../users/user.dto.js';
import type { AcceptedDto } from '../one-time-tokens/accepted.dto.js';
import { PasswordlessRegisterDto } from './passwordless-register.dto.js';
import { RegistrationController, Registers } from './registration.controller.js';

/** Registration of new users, with or without a password. Served instead of {@link RegistrationController}. */
@ApiTags('Auth')
@AstraController('auth')
export class PasswordlessRegistrationController extends RegistrationController {
  @Post('register')
  @Registers()
  override register(
    @Body() input: PasswordlessRegisterDto,
    @FromClient() client: Client,
    @Res({ passthrough: true }) response: object,
  ): Promise<UserDto | AcceptedDto> {
    return this.answer(input, client, response);
  }
}
