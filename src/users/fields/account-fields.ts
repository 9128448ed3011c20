import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsString, Matches, MaxLength, MinLength, ValidateBy } from 'class-validator';
import { MAX_LOGIN_LENGTH, readEmail, trimBlanks } from '../../names/canonical.js';
import { USERNAME_LENGTH, USERNAME_PATTERN, usernameSchema } from '../../names/username.js';
import { MaxInputLength } from '../../http/input/max-length.js';
import { Optional } from '../../http/input/optional.decorator.js';
import type { User } from '../user.entity.js';

/** Transforms a value if it is text. Its length was already checked. */
const TransformText = (change: (text: string) => string) =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value) : value));

/** Converts empty text to `null`. */
export const orNone = (text: string | undefined) => (text === '' ? null : text);

/**
 * Validates a username: 3 to 50 characters of `[A-Za-z0-9_.-]`. Surrounding blanks, which keyboards of phones add, are
 * removed.
 */
export const IsUsername = () =>
  applyDecorators(
    MaxInputLength(MAX_LOGIN_LENGTH),
    TransformText(trimBlanks),
    IsString({ message: 'The username must be a string.' }),
    MinLength(USERNAME_LENGTH.min, {
      message: `The username must be at least ${USERNAME_LENGTH.min} characters long.`,
      context: { code: 'string_too_short' },
    }),
    MaxLength(USERNAME_LENGTH.max, {
      message: `The username must be at most ${USERNAME_LENGTH.max} characters long.`,
      context: { code: 'string_too_long' },
    }),
    Matches(USERNAME_PATTERN, {
      message: 'The username must contain only letters, digits, and the characters _ . -',
      context: { code: 'string_pattern_mismatch' },
    }),
  );

/**
 * Validates an email address and converts it to the stored form.
 *
 * @param options - See {@link readEmail}.
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
 * Validates a full name: up to 100 characters without control characters, line breaks and invisible characters that
 * change the direction of text, hide in it or split it. Zero-width joiners are allowed, because some scripts need them.
 * Empty text becomes `null`.
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

/** Describes a username in the OpenAPI document. */
export const ApiUsername = () =>
  ApiProperty({
    ...usernameSchema,
    description: 'Unique, not case-sensitive.',
  });

/** Describes an email address in the OpenAPI document. */
export const ApiEmail = (options?: { required?: false; description?: string }) =>
  ApiProperty({
    example: 'ada@example.com',
    format: 'email',
    maxLength: 254,
    description: 'Unique, not case-sensitive.',
    ...options,
  });

/** Describes a full name in the OpenAPI document. */
export const ApiFullName = () =>
  ApiPropertyOptional({
    example: 'Ada Lovelace',
    maxLength: 100,
    description: 'Full name. Send an empty string to remove it.',
  });

/** Properties of an account field for all code that handles accounts field by field. */
type AccountField = {
  /** Column in the database and in account files. */
  column: string;
  /** Users who can change it by updating the account; empty if only a specific use case or the database changes it. */
  changedBy: readonly ('owner' | 'admin')[];
  /** Postgres type for exports and imports; `null` if account files do not contain it. */
  inFiles: 'uuid' | 'text' | 'boolean' | 'timestamptz' | null;
  /** Validation of its text; `null` if users cannot choose it. */
  rule: (() => PropertyDecorator) | null;
} & (
  | {
      /** Name in `UserDto`, which determines how owners and admins see it. */
      shownAs: string;
      /** Form of a change in the audit trail: both values, the name only, an event of its own, or none. */
      trail: 'values' | 'name' | 'event' | null;
    }
  | { shownAs: null; trail: null }
);

/** Properties of fields that nobody sees. */
const HIDDEN = { shownAs: null, trail: null, changedBy: [], inFiles: null, rule: null } as const;
/** Properties of fields that never change after the account is created, or only by the database. */
const KEPT = { trail: null, changedBy: [], rule: null } as const;

/**
 * All fields of an account. Display, changes, audit, export, import and copying are derived from this table; a field
 * that lacks something does not compile.
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
  kind: { ...KEPT, column: 'kind', shownAs: 'kind', inFiles: null },
  createdAt: { ...KEPT, column: 'created_at', shownAs: 'created_at', inFiles: 'timestamptz' },
  updatedAt: { ...KEPT, column: 'updated_at', shownAs: 'updated_at', inFiles: 'timestamptz' },
  deactivatedBy: { ...HIDDEN, column: 'deactivated_by' },
  accessGeneration: { ...HIDDEN, column: 'access_generation' },
  accessChangedAt: { ...HIDDEN, column: 'access_changed_at' },
  deletedAt: { ...HIDDEN, column: 'deleted_at' },
} as const satisfies Record<keyof User, AccountField>;

type Fields = typeof accountFields;

/** Fields that an owner or an admin can change by updating the account. */
export type ChangedBy<Who extends 'owner' | 'admin'> = {
  [K in keyof Fields]: Who extends Fields[K]['changedBy'][number] ? K : never;
}[keyof Fields];

/** Names in `UserDto` of the fields that are shown. */
export type ShownName = NonNullable<Fields[keyof Fields]['shownAs']>;

/** Fields contained in account files. */
export type FileField = {
  [K in keyof Fields]: Fields[K]['inFiles'] extends null ? never : K;
}[keyof Fields];

/** Fields contained in account files, in the order of the table. */
export const fileFields = Object.entries(accountFields).flatMap(([field, { column, inFiles }]) =>
  inFiles ? [{ field: field as FileField, column, inFiles }] : [],
);

/** Fields whose text is validated by a rule. */
export type RuledField = {
  [K in keyof Fields]: Fields[K]['rule'] extends null ? never : K;
}[keyof Fields];

/** Type in which every property must be present, even if `undefined`, so that none is forgotten. */
export type Complete<T> = { [K in keyof Required<T>]: T[K] };

/** Type in which properties that can be `null` are optional, with `null` as the default. */
export type NullsLeftOut<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: T[K];
};
