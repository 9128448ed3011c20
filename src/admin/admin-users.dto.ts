import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsString, Length } from 'class-validator';
import { Role } from '../access/role.js';
import type { RoleName } from '../settings/roles-option.js';
import { PasswordText } from '../auth/passwords/policy/password-fields.js';
import { usernameSchema } from '../names/username.js';
import { PageOf, PageQueryDto } from '../paging/page.dto.js';
import { OptionalBody } from '../http/input/input.pipe.js';
import { Optional } from '../http/input/optional.decorator.js';
import {
  ApiEmail,
  ApiFullName,
  ApiUsername,
  type Complete,
  IsEmailAddress,
  IsFullName,
  IsUsername,
  orNone,
} from '../users/fields/account-fields.js';
import { MAX_SEARCH_LENGTH } from '../users/directory/user-search.js';
import { UserDto } from '../users/user.dto.js';
import { type UserSort, userSorts } from '../users/directory/user-order.js';
import type { AdminChanges } from './admin-users.service.js';

/** Page of accounts. */
@ApiSchema({ name: 'AstraUserPage' })
export class UserPageDto extends PageOf(UserDto) {}

/** `true` or `false` in a query. `Boolean()` would convert any text to `true`. */
const QueryBoolean = () =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

/** Filter, order and page of a list of accounts. */
export class UserListQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    example: 'ada',
    maxLength: MAX_SEARCH_LENGTH,
    description: 'Part of the username, email address or full name. Not case-sensitive.',
  })
  @Optional()
  @IsString({ message: 'The search must be a string.' })
  @Length(1, MAX_SEARCH_LENGTH, {
    message: 'The search must be 1 to 100 characters long.',
    context: { code: 'string_length' },
  })
  q?: string;

  @ApiPropertyOptional({ enum: Role, enumName: 'AstraRole' })
  @Optional()
  @IsString({ message: 'The role must be a string.' })
  role?: RoleName;

  @ApiPropertyOptional({ type: Boolean })
  @QueryBoolean()
  @Optional()
  @IsBoolean({ message: 'This must be true or false.' })
  is_active?: boolean;

  @ApiPropertyOptional({ type: Boolean })
  @QueryBoolean()
  @Optional()
  @IsBoolean({ message: 'This must be true or false.' })
  email_verified?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Lists only deleted accounts that can still be restored.',
  })
  @QueryBoolean()
  @Optional()
  @IsBoolean({ message: 'This must be true or false.' })
  deleted?: boolean;

  @ApiPropertyOptional({
    enum: userSorts,
    default: '-created_at',
    description: 'Sort order. A leading minus sorts in descending order.',
  })
  @Optional()
  @IsIn(userSorts, { message: `The order must be one of: ${userSorts.join(', ')}.` })
  sort: UserSort = '-created_at';
}

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

/** New names for a restored account, if its own were taken in the meantime. */
@ApiSchema({ name: 'AstraRestoreUser' })
@OptionalBody()
export class RestoreUserDto {
  @ApiPropertyOptional({
    ...usernameSchema,
    example: 'ada.lovelace',
    description: 'Default: its previous username.',
  })
  @Optional()
  @IsUsername()
  username?: string;

  @ApiPropertyOptional({
    example: 'ada.lovelace@example.com',
    format: 'email',
    maxLength: 254,
    description:
      'Default: its previous email address. A different one is unverified, and a link to verify it is sent there.',
  })
  @Optional()
  @IsEmailAddress()
  email?: string;
}

/** Confirmation that a request is being processed. */
@ApiSchema({ name: 'AstraUnderWay' })
export class UnderWayDto {
  @ApiProperty({
    example:
      'The password was disabled and all sessions were ended. An email with a link to set a new password is on its way.',
  })
  detail: string;
}
