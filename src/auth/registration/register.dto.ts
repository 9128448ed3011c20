import { ApiSchema } from '@nestjs/swagger';
import {
  ApiEmail,
  ApiFullName,
  ApiUsername,
  IsEmailAddress,
  IsFullName,
  IsUsername,
} from '../../users/fields/account-fields.js';
import { NewPasswordField } from '../passwords/policy/password-fields.js';

/** Registration of a new account. */
@ApiSchema({ name: 'AstraRegister' })
export class RegisterDto {
  @ApiUsername()
  @IsUsername()
  username: string;

  @ApiEmail()
  @IsEmailAddress()
  email: string;

  @NewPasswordField()
  password: string;

  @ApiFullName()
  @IsFullName()
  full_name?: string;
}
