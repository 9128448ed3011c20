import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MaxInputLength } from '../../../http/input/max-length.js';
import { Optional } from '../../../http/input/optional.decorator.js';
import { MAX_PASSWORD_LENGTH, TOO_LONG } from './password-policy.js';

/** Field for a password as typed. */
export const PasswordText = () =>
  applyDecorators(
    MaxInputLength(MAX_PASSWORD_LENGTH, TOO_LONG),
    IsString({ message: 'The password must be a string.' }),
  );

/** Field for a new password. The password policy is checked later, when the user's names are known. */
export const NewPasswordField = () =>
  applyDecorators(
    ApiProperty({
      example: 'Analytical1',
      format: 'password',
      minLength: 8,
      maxLength: 128,
      description:
        'At least 8 characters with an uppercase letter, a lowercase letter and a digit. Not a common password, the username or the email address.',
    }),
    PasswordText(),
  );

/** Field for the current password of the signed-in user, who can omit it after a recent sign-in. */
export const CurrentPasswordField = () =>
  applyDecorators(
    ApiPropertyOptional({
      example: 'Analytical1',
      format: 'password',
      description: 'Confirms your identity. You can omit it if you signed in recently.',
    }),
    Optional(),
    PasswordText(),
  );
