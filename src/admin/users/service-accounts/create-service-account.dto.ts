import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { Role } from '../../../settings/role.js';
import type { RoleName } from '../../../settings/roles-option.js';
import { ApiFullName, ApiUsername, IsFullName, IsUsername } from '../../../users/fields/account-fields.js';

/** New service account. */
@ApiSchema({ name: 'AstraCreateServiceAccount' })
export class CreateServiceAccountDto {
  @ApiUsername()
  @IsUsername()
  username: string;

  @ApiProperty({ enum: Role, enumName: 'AstraRole', example: Role.User })
  @IsString({ message: 'The role must be a string.' })
  role: RoleName;

  @ApiFullName()
  @IsFullName()
  full_name?: string;
}
