import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { Role } from '../../../settings/role.js';
import { PasswordText } from '../../../auth/passwords/policy/password-fields.js';
import { Optional } from '../../../http/input/optional.decorator.js';
import type { RoleName } from '../../../settings/roles-option.js';
import {
  ApiEmail,
  ApiFullName,
  ApiUsername,
  IsEmailAddress,
  IsFullName,
  IsUsername,
} from '../../../users/fields/account-fields.js';

/** New account, created by an admin. */
@ApiSchema({ name: 'AstraCreateUser' })
export class CreateUserDto {
  @ApiUsername()
  @IsUsername()
  username: string;

  @ApiEmail()
  @IsEmailAddress()
  email: string;

  @ApiPropertyOptional({
    example: 'Analytical1',
    format: 'password',
    description:
      'We recommend omitting it: the user then receives an email with a link to set one. A password that you set stays valid until the user changes it.',
  })
  @Optional()
  @PasswordText()
  password?: string;

  @ApiPropertyOptional({ enum: Role, enumName: 'AstraRole', default: Role.User, example: Role.Moderator })
  @Optional()
  @IsString({ message: 'The role must be a string.' })
  role?: RoleName;

  @ApiFullName()
  @IsFullName()
  full_name?: string;
}
