import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Optional } from '../problem/optional.decorator.js';
import { ApiFullName, IsFullName, IsUsername } from './account-fields.js';

/** What users change of their own account. */
@ApiSchema({ name: 'AstraUpdateProfile' })
export class UpdateProfileDto {
  @ApiPropertyOptional({ example: 'ada', minLength: 3, maxLength: 50, pattern: '^[A-Za-z0-9_.-]*$' })
  @Optional()
  @IsUsername()
  username?: string;

  @ApiFullName()
  @IsFullName()
  full_name?: string;
}
