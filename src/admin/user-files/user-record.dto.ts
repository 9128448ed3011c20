import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsEnum, IsUUID, Matches, ValidateBy } from 'class-validator';
import { v7 as uuid } from 'uuid';
import { Role } from '../../settings/role.js';
import type { RoleName } from '../../settings/roles-option.js';
import { readPasswordHash } from '../../auth/passwords/hashing/password-hash.js';
import { Optional } from '../../http/input/optional.decorator.js';
import { fileFields, IsEmailAddress, IsFullName, IsUsername } from '../../users/fields/account-fields.js';
import type { UserRecord } from '../../users/bulk/users-in-bulk.js';
import { fromKeycloak } from './keycloak-credential.js';

/** Timestamp with a UTC offset, as JSON libraries and databases write it; converted to UTC. */
const IsMoment = () =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? toUtc(value) : value)),
    Optional(),
    Matches(/Z$/, { message: 'This must be a UTC timestamp such as 2026-11-22T10:00:00Z.' }),
  );

const IsFlag = () => applyDecorators(Optional(), IsBoolean({ message: 'This must be true or false.' }));

/** Account in an import file. Only `username` and `email` are required. */
export class UserRecordDto {
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value))
  @Optional()
  @IsUUID('all', { message: 'The id must be a UUID.' })
  id?: string;

  @IsUsername()
  username: string;

  @IsEmailAddress({ isFromElsewhere: true })
  email: string;

  /** Alternative to `email_verified_at` if the time is unknown. */
  @IsFlag()
  email_verified?: boolean;

  @IsMoment()
  email_verified_at?: string;

  @IsFullName()
  full_name?: string;

  @Optional()
  @IsEnum(Role, { message: `The role must be one of: ${Object.values(Role).join(', ')}.` })
  role?: RoleName;

  @IsFlag()
  is_active?: boolean;

  @IsMoment()
  created_at?: string;

  @IsMoment()
  updated_at?: string;

  /** Hash in a supported format, or a credential of a Keycloak export. */
  @Transform(({ value }: { value: unknown }) => fromKeycloak(value))
  @Optional()
  @ValidateBy(
    { name: 'isPasswordHash', validator: { validate: isPasswordHash } },
    {
      message:
        'This hash is not supported: its format is unknown, or its cost is too high. With --without-unknown-hashes, the account is added without a password.',
    },
  )
  password_hash?: string;

  /**
   * Rejects plain passwords: hashing many of them here would take hours. They should be hashed where they come from.
   */
  @Optional()
  @ValidateBy(
    { name: 'isNever', validator: { validate: () => false } },
    {
      message:
        'Plain-text passwords are not accepted. Use password_hash, or let users set a password by email.',
    },
  )
  password?: never;

  /**
   * Converts the validated input to a record.
   *
   * @param now - Replaces unknown times.
   */
  toRecord(now: string): UserRecord {
    return {
      id: this.id ?? uuid(),
      username: this.username,
      email: this.email,
      email_verified_at: this.email_verified_at ?? (this.email_verified ? now : null),
      full_name: this.full_name || null,
      role: this.role ?? Role.User,
      is_active: this.is_active ?? true,
      created_at: this.created_at ?? now,
      updated_at: this.updated_at ?? now,
      password_hash: this.password_hash ?? null,
    };
  }
}

/** Required columns. */
export const requiredFields: readonly string[] = ['username', 'email'];

/** Supported columns. */
export const importedFields: readonly string[] = [
  ...fileFields.map(({ column }) => column),
  ...['email_verified', 'password_hash'],
];

/** Returns whether a value is a password hash in a supported format. */
export function isPasswordHash(value: unknown): boolean {
  return typeof value === 'string' && readPasswordHash(value) !== null;
}

/**
 * Converts a timestamp to UTC in Postgres' format with all its digits. Returns text without a Z if it is invalid, which
 * the validation then rejects.
 */
function toUtc(text: string): string {
  const [, day, time, fraction = '', zone] =
    /^([12]\d{3}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d(?::?\d\d)?)$/.exec(text) ?? [];
  if (day === undefined) return '';
  const local = `${day}T${time}`;
  const offset = zone.replace(
    /^([+-]\d\d):?(\d\d)?$/,
    (_, hours: string, minutes = '00') => `${hours}:${minutes}`,
  );
  const moment = new Date(local + offset);
  // V8 accepts 30 February as 2 March.
  const isReal = !Number.isNaN(moment.getTime()) && new Date(`${local}Z`).toISOString().startsWith(local);
  return isReal ? `${moment.toISOString().slice(0, 19)}${fraction}Z` : '';
}
