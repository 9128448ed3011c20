import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MAX_TOKEN_LENGTH, MaxInputLength } from '../../http/input/max-length.js';
import { Optional } from '../../http/input/optional.decorator.js';

/**
 * Field for a sign-in token. Accepts any string up to a length, so that a malformed token gets the same error as an expired one.
 *
 * @param optional - For a field that can be omitted: its description. Default: it is required.
 */
export const SignInTokenField = (optional?: { description: string }) =>
  applyDecorators(
    ApiProperty({
      example: 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo',
      description: 'The `sign_in_token` of the response to the sign-in.',
      ...(optional && { required: false, ...optional }),
    }),
    ...(optional ? [Optional()] : []),
    MaxInputLength(MAX_TOKEN_LENGTH),
    IsString({ message: 'The sign-in token must be a string.' }),
  );
