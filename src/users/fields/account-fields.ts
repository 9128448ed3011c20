import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsString, Matches, MaxLength, MinLength, ValidateBy } from 'class-validator';
import { MAX_LOGIN_LENGTH, readEmail, trimBlanks } from '../../names/canonical.js';
import { MaxInputLength } from '../../http/input/max-length.js';
import { Optional } from '../../http/input/optional.decorator.js';
import type { User } from '../user.entity.js';

/** Changes what is text; the field's length was checked. */
const TransformText = (change: (text: string) => string) =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value) : value));

/** The empty text means none. */
export const orNone = (text: string | undefined) => (text === '' ? null : text);

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

/** What a field of an account is to all who handle accounts field by field. */
type AccountField = {
  /** Its column in the database, and its name in files of accounts. */
  column: string;
  /** Who changes it by updating the account; nobody, if a use case of its own or the database does. */
  changedBy: readonly ('owner' | 'admin')[];
  /** Its type in Postgres, as an export writes it and an import reads it; `null` if files do not have it. */
  inFiles: 'uuid' | 'text' | 'boolean' | 'timestamptz' | null;
  /** What text for it has to be, whoever gives it; `null` if it is not text that people choose. */
  rule: (() => PropertyDecorator) | null;
} & (
  | {
      /** Its name in `UserDto`, which says how its owner and admins see it. */
      shownAs: string;
      /** What the audit trail says of a change: both values, the name alone, an event of its own, or nothing. */
      trail: 'values' | 'name' | 'event' | null;
    }
  | { shownAs: null; trail: null }
);

const HIDDEN = { shownAs: null, trail: null, changedBy: [], inFiles: null, rule: null } as const;
const KEPT = { trail: null, changedBy: [], rule: null } as const;

/**
 * All fields of an account. What is shown, changed, audited, exported, imported and copied follows from this table, or
 * does not compile until it has what the table names.
 */
export const accountFields = {
  id: { ...KEPT, column: 'id', shownAs: 'id', inFiles: 'uuid' },
  username: {
    column: 'username',
    shownAs: 'username',
    changedBy: ['owner', 'admin'],
    trail: 'values',
    inFiles: 'text',
    rule: IsUsername,
  },
  email: {
    column: 'email',
    shownAs: 'email',
    changedBy: [],
    trail: 'name',
    inFiles: 'text',
    rule: IsEmailAddress,
  },
  emailVerifiedAt: {
    column: 'email_verified_at',
    shownAs: 'email_verified',
    changedBy: ['admin'],
    trail: 'values',
    inFiles: 'timestamptz',
    rule: null,
  },
  fullName: {
    column: 'full_name',
    shownAs: 'full_name',
    changedBy: ['owner', 'admin'],
    trail: 'values',
    inFiles: 'text',
    rule: IsFullName,
  },
  role: {
    column: 'role',
    shownAs: 'role',
    changedBy: ['admin'],
    trail: 'event',
    inFiles: 'text',
    rule: null,
  },
  isActive: {
    column: 'is_active',
    shownAs: 'is_active',
    changedBy: ['admin'],
    trail: 'event',
    inFiles: 'boolean',
    rule: null,
  },
  createdAt: { ...KEPT, column: 'created_at', shownAs: 'created_at', inFiles: 'timestamptz' },
  updatedAt: { ...KEPT, column: 'updated_at', shownAs: 'updated_at', inFiles: 'timestamptz' },
  deactivatedBy: { ...HIDDEN, column: 'deactivated_by' },
  accessGeneration: { ...HIDDEN, column: 'access_generation' },
  accessChangedAt: { ...HIDDEN, column: 'access_changed_at' },
  deletedAt: { ...HIDDEN, column: 'deleted_at' },
} as const satisfies Record<keyof User, AccountField>;

type Fields = typeof accountFields;

/** The fields that somebody changes by updating an account. */
export type ChangedBy<Who extends 'owner' | 'admin'> = {
  [K in keyof Fields]: Who extends Fields[K]['changedBy'][number] ? K : never;
}[keyof Fields];

/** The fields of an account that are shown, by their names in `UserDto`. */
export type ShownName = NonNullable<Fields[keyof Fields]['shownAs']>;

/** The fields that a file of accounts has. */
export type FileField = {
  [K in keyof Fields]: Fields[K]['inFiles'] extends null ? never : K;
}[keyof Fields];

/** Those fields in the order of the table. */
export const fileFields = Object.entries(accountFields).flatMap(([field, { column, inFiles }]) =>
  inFiles ? [{ field: field as FileField, column, inFiles }] : [],
);

/** The fields whose text is checked by a rule, whoever gives it. */
export type RuledField = {
  [K in keyof Fields]: Fields[K]['rule'] extends null ? never : K;
}[keyof Fields];

/** Every property has to be named, if only as `undefined`: so that none is forgotten. */
export type Complete<T> = { [K in keyof Required<T>]: T[K] };

/** What may be `null` may be left out, and is `null` then. */
export type NullsLeftOut<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: T[K];
};
