import { validateSync } from 'class-validator';
import { Role } from '../../settings/role.js';
import { readPasswordHash } from '../../auth/passwords/hashing/password-hash.js';
import { MAX_LOGIN_LENGTH, readEmail } from '../../names/canonical.js';
import { IsEmailAddress, IsUsername } from '../../users/fields/account-fields.js';
import type { NewUserRecord } from '../../users/bulk/users-in-bulk.js';
import type { FastApiRow } from './fastapi-source.js';
import type { ImportProblem } from './import-conflict.js';

/** Account converted from a user of the FastAPI service. */
export type FastApiUser = Omit<NewUserRecord, 'id' | 'email_verified_at'>;

/** Validates names with the rules of registration. */
class Names {
  @IsUsername()
  username: string;

  @IsEmailAddress({ isFromElsewhere: true })
  email: string;

  constructor({ username, email }: FastApiRow) {
    // Still too long after the cut.
    this.username = username.slice(0, 2 * MAX_LOGIN_LENGTH);
    this.email = readEmail(email, { isFromElsewhere: true }) ?? email.slice(0, 2 * MAX_LOGIN_LENGTH);
  }
}

const codes: Record<string, ImportProblem['code']> = { username: 'invalid-username', email: 'invalid-email' };

/**
 * Converts a row to an account, or returns all reasons why that is impossible.
 *
 * @param withoutUnknownHashes - Whether to drop an unsupported hash instead of rejecting the user.
 */
export function readFastApiUser(
  row: FastApiRow,
  withoutUnknownHashes: boolean,
): FastApiUser | ImportProblem[] {
  const { is_active, created_at, updated_at } = row;
  const names = new Names(row);
  const { username, email } = names;
  const isKnownHash = readPasswordHash(row.hashed_password) !== null;
  const problems = validateSync(names).map(({ property, constraints }): ImportProblem => ({
    code: codes[property],
    message: Object.values(constraints ?? {}).join(' '),
  }));
  const role = Object.values(Role).find((known) => known === row.role.slice(0, 20).toLowerCase());
  if (!role)
    problems.push({
      code: 'unknown-role',
      message: `The role must be one of: ${Object.values(Role).join(', ')}.`,
    });
  if (!isKnownHash && !withoutUnknownHashes)
    problems.push({
      code: 'unknown-hash',
      message:
        'The password hash is not supported: its format is unknown, or its cost is too high. With --without-unknown-hashes, the account is imported without a password.',
    });
  if (problems.length > 0 || !role) return problems;
  const password_hash = isKnownHash ? row.hashed_password : null;
  return { username, email, role, password_hash, is_active, created_at, updated_at };
}
