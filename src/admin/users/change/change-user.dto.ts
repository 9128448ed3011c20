import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsString } from 'class-validator';
import { Role } from '../../../settings/role.js';
import { Optional } from '../../../http/input/optional.decorator.js';
import { usernameSchema } from '../../../names/username.js';
import type { RoleName } from '../../../settings/roles-option.js';
import {
  ApiFullName,
  type Complete,
  IsFullName,
  IsUsername,
  orNone,
} from '../../../users/fields/account-fields.js';
import type { AdminChanges } from './change-user.service.js';

/** Changes to an account. A moderator can change only `is_active`, and only for a plain user. */
@ApiSchema({ name: 'AstraChangeUser' })
export class ChangeUserDto {
  @ApiPropertyOptional({ enum: Role, enumName: 'AstraRole', example: Role.Moderator })
  @Optional()
  @IsString({ message: 'The role must be a string.' })
  role?: RoleName;

  @ApiPropertyOptional({ example: false })
  @Optional()
  @IsBoolean({ message: 'This must be true or false.' })
  is_active?: boolean;

  @ApiPropertyOptional(usernameSchema)
  @Optional()
  @IsUsername()
  username?: string;

  @ApiFullName()
  @IsFullName()
  full_name?: string;

  @ApiPropertyOptional({ example: true, description: 'Whether the email address counts as verified.' })
  @Optional()
  @IsBoolean({ message: 'This must be true or false.' })
  email_verified?: boolean;

  /** Returns every field that an admin can change; `undefined` where the request omits it. A missing one does not compile. */
  toChanges(): Complete<AdminChanges> {
    return {
      role: this.role,
      isActive: this.is_active,
      username: this.username,
      fullName: orNone(this.full_name),
      emailVerified: this.email_verified,
    };
  }
}
