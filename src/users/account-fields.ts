import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { isEmail, IsString, Matches, MaxLength, MinLength, ValidateBy } from 'class-validator';
import { Optional } from '../problem/optional.decorator.js';

/** 3 to 50 of `[A-Za-z0-9_.-]`. */
export const IsUsername = () =>
  applyDecorators(
    IsString({ message: 'A username is text.' }),
    MinLength(3, {
      message: 'A username needs at least 3 characters.',
      context: { code: 'string_too_short' },
    }),
    MaxLength(50, { message: 'A username has at most 50 characters.', context: { code: 'string_too_long' } }),
    Matches(/^[A-Za-z0-9_.-]*$/, {
      message: 'A username has only letters, digits and the signs _ . -',
      context: { code: 'string_pattern_mismatch' },
    }),
  );

/** An address of at most 254 bytes, without a quoted local part or an IP literal. */
export const IsEmailAddress = () =>
  applyDecorators(
    IsString({ message: 'An email address is text.' }),
    ValidateBy(
      { name: 'isEmailAddress', validator: { validate: isEmailAddress } },
      { message: 'This is not an email address that can be used here.', context: { code: 'value_error' } },
    ),
  );

function isEmailAddress(value: unknown): boolean {
  // validator's check takes `"a@evil.com x"@b.co` and display names in some settings, hence the plain pattern first.
  return (
    typeof value === 'string' &&
    /^[^\s"<>()[\],;:\\@\p{Cc}]+@[^\s@]+$/u.test(value) &&
    isEmail(value) &&
    Buffer.byteLength(value) <= 254
  );
}

/** 1 to 100 characters without control characters; the empty text means none and becomes `null`. */
export const IsFullName = () =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value.trim().normalize('NFC') : value,
    ),
    Optional(),
    IsString({ message: 'A name is text.' }),
    MaxLength(100, { message: 'A name has at most 100 characters.', context: { code: 'string_too_long' } }),
    Matches(/^\P{Cc}*$/u, {
      message: 'A name has no control characters.',
      context: { code: 'string_pattern_mismatch' },
    }),
  );

export const ApiUsername = () =>
  ApiProperty({
    example: 'ada',
    minLength: 3,
    maxLength: 50,
    pattern: '^[A-Za-z0-9_.-]*$',
    description: 'Unique, whatever the case.',
  });

export const ApiEmail = () =>
  ApiProperty({
    example: 'ada@example.com',
    format: 'email',
    maxLength: 254,
    description: 'Unique, whatever the case.',
  });

export const ApiFullName = () =>
  ApiPropertyOptional({ example: 'Ada Lovelace', maxLength: 100, description: 'Empty for none.' });
