import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { type FactorType, factorTypes } from '../../auth/factors/factors.service.js';
import { UserDto } from '../../users/user.dto.js';

/** Account as shown to admins and moderators. */
@ApiSchema({ name: 'AstraAdminUser' })
export class AdminUserDto extends UserDto {
  @ApiProperty({
    isArray: true,
    enum: factorTypes,
    example: ['totp'],
    description: 'Types of the second factors of the user.',
  })
  factors: FactorType[];

  @ApiProperty({
    type: [String],
    example: ['google'],
    description: 'Providers at which the user has an identity.',
  })
  identities: string[];

  @ApiProperty({
    example: false,
    description: 'Whether the role requires a second factor that the user has yet to add.',
  })
  must_enrol: boolean;
}
