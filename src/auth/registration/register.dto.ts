import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import {
  ApiEmail,
  ApiFullName,
  ApiUsername,
  IsEmailAddress,
  IsFullName,
  IsUsername,
} from '../../users/account-fields.js';

/** What somebody gives to get an account. */
export class RegisterDto {
  @ApiUsername()
  @IsUsername()
  username: string;

  @ApiEmail()
  @IsEmailAddress()
  email: string;

  @ApiProperty({
    example: 'Analytical1',
    format: 'password',
    minLength: 8,
    maxLength: 128,
    description:
      'At least 8 characters with an upper-case letter, a lower-case letter and a digit; not a common password, the username or the address.',
  })
  @IsString({ message: 'A password is text.' })
  password: string;

  @ApiFullName()
  @IsFullName()
  full_name?: string;
}
