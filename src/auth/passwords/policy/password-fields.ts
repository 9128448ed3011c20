import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MaxInputLength } from '../../../http/input/max-length.js';
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

/** Field for the current password of the signed-in user. */
export const CurrentPasswordField = () =>
  applyDecorators(ApiProperty({ example: 'Analytical1', format: 'password' }), PasswordText());
