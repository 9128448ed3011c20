import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Length, Matches } from 'class-validator';

/**
 * Field for a name that users give to something of theirs, such as a passkey or an API key. It appears in lists, so it must be
 * one line of visible text: formatting characters could make one look like another. Joiners are allowed, because scripts of
 * India and emoji need them.
 *
 * @param max - Maximum length in UTF-16 units, as in the column.
 */
export const NameField = (max: number) =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && value.length <= 2 * max ? value.trim().normalize('NFC') : value,
    ),
    IsString({ message: 'The name must be a string.' }),
    Length(1, max, {
      message: `The name must be 1 to ${max} characters long.`,
      context: { code: 'string_length' },
    }),
    Matches(/^(?:[\u200c\u200d]|[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}])*$/u, {
      message: 'The name must not contain control characters or invisible formatting characters.',
      context: { code: 'string_pattern_mismatch' },
    }),
  );
