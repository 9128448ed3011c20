import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MAX_TOKEN_LENGTH, MaxInputLength } from '../../http/input/max-length.js';

/**
 * Field for a token from an email. Accepts any string up to a length, so that a malformed token gets the same error as
 * an expired one.
 */
export const MailTokenField = () =>
  applyDecorators(
    ApiProperty({
      example: 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo',
      description: 'The token from the link in the email, after `#token=`. It can be used once.',
    }),
    MaxInputLength(MAX_TOKEN_LENGTH),
    IsString({ message: 'The token must be a string.' }),
  );
