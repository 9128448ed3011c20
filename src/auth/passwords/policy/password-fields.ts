import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MaxInputLength } from '../../../http/input/max-length.js';
import { MAX_PASSWORD_LENGTH, TOO_LONG } from './password-policy.js';

/** A password as it is typed. */
export const PasswordText = () =>
  applyDecorators(
    MaxInputLength(MAX_PASSWORD_LENGTH, TOO_LONG),
    IsString({ message: 'The password must be a string.' }),
  );

/** A password that is to be used from now on. The policy of the settings judges it later, when the names are known. */
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

/** The password of the signed-in user, asked for again. */
export const CurrentPasswordField = () =>
  applyDecorators(ApiProperty({ example: 'Analytical1', format: 'password' }), PasswordText());
