import { hash as hashArgon2id, hashRaw as deriveArgon2id } from '@node-rs/argon2';
import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { MAX_PASSWORD_LENGTH } from '../policy/password-policy.js';
import type { PasswordScheme } from '../../../settings/astra-options.js';
import { readArgon2 } from './imported-hashes/argon2.js';
import { readBcrypt } from './imported-hashes/bcrypt.js';
import { encodeBase64, type HashReader } from './imported-hashes/hash-reader.js';
import { readLdap } from './imported-hashes/ldap.js';
import { readPbkdf2 } from './imported-hashes/pbkdf2.js';
import { readScrypt } from './imported-hashes/scrypt.js';
import { readShaCrypt } from './imported-hashes/sha-crypt.js';

const derivePbkdf2 = promisify(pbkdf2);

// Cost of new hashes (OWASP Password Storage Cheat Sheet); memory in KiB.
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const PBKDF2_ROUNDS = 600_000;
const SALT_BYTES = 16;
const CHECKSUM_BYTES = 32;

/** Length of the database column. */
const MAX_HASH_LENGTH = 255;

/** Readers of all supported formats, in the order in which they are tried. */
const readers: readonly HashReader[] = [
  readArgon2,
  readPbkdf2,
  readBcrypt,
  readScrypt,
  readShaCrypt,
  readLdap,
];

/** Scheme of new password hashes. */
export interface HashScheme {
  /** Prefix of each hash with the current cost. A hash with another prefix is replaced at the next sign-in. */
  readonly prefix: string;
  /** Hashes a password with a new random salt. */
  hash(password: string): Promise<string>;
  /**
   * Spends the time of a hash without a result, so that the response time does not reveal whether a hash was checked.
   *
   * @param steps - Number of small steps, each of the same time. Default: a whole hash.
   */
  spend(steps?: number): Promise<unknown>;
}

/** Checks whether a password matches the hash. */
export type PasswordMatcher = (password: string) => Promise<boolean>;

/** Schemes of new hashes, by their name in the settings. */
export const hashSchemes: Readonly<Record<PasswordScheme, HashScheme>> = {
  argon2id: {
    prefix: `$argon2id$v=19$m=${ARGON2ID.memoryCost},t=${ARGON2ID.timeCost},p=${ARGON2ID.parallelism}$`,
    hash: (password) => hashArgon2id(toBytes(password), ARGON2ID),
    spend: (steps) =>
      // Passes over little memory, as the time for more does not grow with it: the allocator keeps some sizes at hand.
      deriveArgon2id('', {
        ...(steps === undefined ? ARGON2ID : { memoryCost: 1024, timeCost: steps, parallelism: 1 }),
        salt: Buffer.alloc(SALT_BYTES),
      }),
  },

  'pbkdf2-sha256': {
    prefix: `$pbkdf2-sha256$${PBKDF2_ROUNDS}$`,
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const checksum = await derivePbkdf2(toBytes(password), salt, PBKDF2_ROUNDS, CHECKSUM_BYTES, 'sha256');
      return (
        this.prefix + [salt, checksum].map((bytes) => encodeBase64(bytes).replaceAll('+', '.')).join('$')
      );
    },
    spend: (steps) =>
      derivePbkdf2('', '', steps === undefined ? PBKDF2_ROUNDS : steps * 10_000, CHECKSUM_BYTES, 'sha256'),
  },
};

/**
 * Reads a stored hash: of a current scheme or of another system.
 *
 * @returns `null` if the format is unknown, the string is malformed, or its cost exceeds the limits.
 */
export function readPasswordHash(stored: string): PasswordMatcher | null {
  if (stored.length > MAX_HASH_LENGTH) return null;
  for (const read of readers) {
    const matches = read(stored);
    if (matches) return (password) => matches(toBytes(password));
  }
  return null;
}

/**
 * Normalizes to NFC, so that a password matches regardless of the keyboard that it was typed on. Other systems hashed
 * the typed text, which is NFC from nearly all keyboards. Trying both forms would take twice the time, and so reveal
 * that an account was imported.
 */
function toBytes(password: string): Buffer {
  if (password.length > MAX_PASSWORD_LENGTH) throw new RangeError('The password is too long to be hashed');
  return Buffer.from(password.normalize('NFC'));
}
