import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

/** A password that is to be used from now on. The policy of the settings judges it later, when the names are known. */
export const NewPasswordField = () =>
  applyDecorators(
    ApiProperty({
      example: 'Analytical1',
      format: 'password',
      minLength: 8,
      maxLength: 128,
      description:
        'At least 8 characters with an upper-case letter, a lower-case letter and a digit; not a common password, the username or the address.',
    }),
    IsString({ message: 'A password is text.' }),
  );

/** The password of the signed-in user, asked for again. */
export const CurrentPasswordField = () =>
  applyDecorators(
    ApiProperty({ example: 'Analytical1', format: 'password' }),
    IsString({ message: 'A password is text.' }),
  );
