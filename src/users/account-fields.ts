import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsString, Matches, MaxLength, MinLength, ValidateBy } from 'class-validator';
import { MAX_LOGIN_LENGTH, readEmail, trimBlanks } from '../names/canonical.js';
import { MaxInputLength } from '../problem/max-length.js';
import { Optional } from '../problem/optional.decorator.js';

/** Changes what is text; the field's length was checked. */
const TransformText = (change: (text: string) => string) =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value) : value));

/** 3 to 50 of `[A-Za-z0-9_.-]`, without blanks at its ends, as the keyboards of phones add them. */
export const IsUsername = () =>
  applyDecorators(
    MaxInputLength(MAX_LOGIN_LENGTH),
    TransformText(trimBlanks),
    IsString({ message: 'The username must be a string.' }),
    MinLength(3, {
      message: 'The username must be at least 3 characters long.',
      context: { code: 'string_too_short' },
    }),
    MaxLength(50, {
      message: 'The username must be at most 50 characters long.',
      context: { code: 'string_too_long' },
    }),
    Matches(/^[A-Za-z0-9_.-]*$/, {
      message: 'The username must contain only letters, digits, and the characters _ . -',
      context: { code: 'string_pattern_mismatch' },
    }),
  );

/**
 * An address that {@link readEmail} takes; it becomes the form that is stored.
 *
 * @param options - Those of {@link readEmail}.
 */
export const IsEmailAddress = (options?: Parameters<typeof readEmail>[1]) =>
  applyDecorators(
    TransformText((text) => readEmail(text, options) ?? text),
    IsString({ message: 'The email address must be a string.' }),
    ValidateBy(
      {
        name: 'isEmailAddress',
        validator: { validate: (value) => typeof value === 'string' && readEmail(value, options) !== null },
      },
      { message: 'This email address is not valid or not supported.', context: { code: 'value_error' } },
    ),
  );

/**
 * 1 to 100 characters without controls, line breaks, and signs that are not seen but turn the direction of a text, hide
 * in it, or split it; joiners stay, without which some scripts cannot be written. The empty text means none and becomes
 * `null`.
 */
export const IsFullName = () =>
  applyDecorators(
    TransformText((text) => text.trim().normalize('NFC')),
    Optional(),
    IsString({ message: 'The name must be a string.' }),
    MaxLength(100, {
      message: 'The name must be at most 100 characters long.',
      context: { code: 'string_too_long' },
    }),
    Matches(/^(?:[\u200c\u200d]|[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}])*$/u, {
      message: 'The name must not contain control characters or invisible formatting characters.',
      context: { code: 'string_pattern_mismatch' },
    }),
  );

export const ApiUsername = () =>
  ApiProperty({
    example: 'ada',
    minLength: 3,
    maxLength: 50,
    pattern: '^[A-Za-z0-9_.-]*$',
    description: 'Unique, not case-sensitive.',
  });

export const ApiEmail = () =>
  ApiProperty({
    example: 'ada@example.com',
    format: 'email',
    maxLength: 254,
    description: 'Unique, not case-sensitive.',
  });

export const ApiFullName = () =>
  ApiPropertyOptional({
    example: 'Ada Lovelace',
    maxLength: 100,
    description: 'Full name. Send an empty string to remove it.',
  });
