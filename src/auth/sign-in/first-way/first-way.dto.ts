import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { UserDto } from '../../../users/user.dto.js';
import type { FirstWay } from './first-way.service.js';

/** Account with its verified email address and, if it has no way to sign in yet, the token to add one. */
@ApiSchema({ name: 'AstraVerifiedUser' })
export class VerifiedUserDto extends UserDto {
  @ApiPropertyOptional({
    example: 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo',
    description:
      'Only for an account without a password: send it to /auth/login/enrol, and then with `new_passkey` or `new_password` to /auth/login/continue.',
  })
  sign_in_token?: string;

  @ApiPropertyOptional({ type: 'integer', example: 600, description: 'Seconds until the token expires.' })
  expires_in?: number;

  @ApiPropertyOptional({
    isArray: true,
    enum: ['passkey', 'password'],
    example: ['passkey', 'password'],
    description: 'Ways to sign in of which one can be added.',
  })
  enrol?: string[];

  /** Shows a verified account. */
  static of(shown: UserDto, firstWay: FirstWay | null): VerifiedUserDto {
    if (!firstWay) return shown;
    const { token, expiresIn, enrol } = firstWay;
    return Object.assign(shown, { sign_in_token: token, expires_in: expiresIn, enrol });
  }
}

/** Permission to send a first password. */
@ApiSchema({ name: 'AstraFirstPassword' })
export class FirstPasswordDto {
  @ApiProperty({ type: 'integer', example: 580, description: 'Seconds until the token expires.' })
  expires_in: number;
}
