import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsString, Length } from 'class-validator';
import { Role } from '../../../settings/role.js';
import { Optional } from '../../../http/input/optional.decorator.js';
import { PageOf, PageQueryDto } from '../../../paging/page.dto.js';
import type { RoleName } from '../../../settings/roles-option.js';
import { type UserSort, userSorts } from '../../../users/directory/user-order.js';
import { MAX_SEARCH_LENGTH } from '../../../users/directory/user-search.js';
import { type UserKind, userKinds } from '../../../users/user.entity.js';
import { AdminUserDto } from '../admin-user.dto.js';

/** Page of accounts. */
@ApiSchema({ name: 'AstraUserPage' })
export class UserPageDto extends PageOf(AdminUserDto) {}

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

  @ApiPropertyOptional({
    enum: userKinds,
    description: 'Lists only accounts of people, or only service accounts.',
  })
  @Optional()
  @IsIn(userKinds, { message: 'This must be person or service.' })
  kind?: UserKind;

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
