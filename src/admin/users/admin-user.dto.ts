import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { UserDto } from '../../users/user.dto.js';

/** Account as shown to admins and moderators. */
@ApiSchema({ name: 'AstraAdminUser' })
export class AdminUserDto extends UserDto {
  @ApiProperty({
    type: [String],
    example: ['google'],
    description: 'Providers at which the user has an identity.',
  })
  identities: string[];
}
