import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Role } from '../settings/role.js';
import type { RoleName } from '../settings/roles-option.js';
import type { ShownName } from './fields/account-fields.js';
import { type FactorType, factorTypes } from './fields/factor-types.js';
import { type User, type UserKind, userKinds } from './user.entity.js';

/** Account as shown to its owner and to admins. */
@ApiSchema({ name: 'AstraUser' })
export class UserDto implements Record<ShownName, unknown> {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' })
  id: string;

  @ApiProperty({ example: 'ada' })
  username: string;

  @ApiProperty({
    type: 'string',
    format: 'email',
    nullable: true,
    example: 'ada@example.com',
    description: '`null` for a service account.',
  })
  email: string | null;

  @ApiProperty({
    example: false,
    description: 'Whether the user verified the email address with a link sent to it.',
  })
  email_verified: boolean;

  @ApiProperty({ type: 'string', nullable: true, example: 'Ada Lovelace' })
  full_name: string | null;

  @ApiProperty({ enum: Role, enumName: 'AstraRole', example: Role.User })
  role: RoleName;

  @ApiProperty({
    enum: userKinds,
    example: 'person',
    description: 'A service account is used by programs with API keys only, and cannot sign in.',
  })
  kind: UserKind;

  @ApiProperty({ example: true, description: 'An inactive user cannot sign in.' })
  is_active: boolean;

  @ApiProperty({
    isArray: true,
    enum: factorTypes,
    example: ['totp'],
    description: 'Types of the second factors of the user.',
  })
  factors: FactorType[];

  @ApiProperty({
    example: false,
    description: 'Whether the role requires a second factor that the user has yet to add.',
  })
  must_enrol: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  updated_at: string;

  /** Returns the fields from the row of an account. Only those listed here are shown; `ShownUsers` adds the others. */
  static fieldsOf(user: User): Pick<UserDto, ShownName> {
    return {
      id: user.id,
      username: user.username,
      email: user.email,
      email_verified: user.emailVerifiedAt !== null,
      full_name: user.fullName,
      role: user.role,
      kind: user.kind,
      is_active: user.isActive,
      created_at: user.createdAt.toISOString(),
      updated_at: user.updatedAt.toISOString(),
    };
  }
}
