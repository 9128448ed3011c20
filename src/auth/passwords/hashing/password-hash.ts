import { hash as hashArgon2id, hashRaw as deriveArgon2id } from '@node-rs/argon2';
import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { MAX_PASSWORD_LENGTH } from '../policy/password-policy.js';
import type { PasswordScheme } from '../../../settings/auth-options.js';
import { readArgon2 } from './imported-hashes/argon2.js';
import { readBcrypt } from './imported-hashes/bcrypt.js';
import { encodeBase64, type HashReader } from './imported-hashes/hash-reader.js';
import { readLdap } from './imported-hashes/ldap.js';
import { readPbkdf2 } from './imported-hashes/pbkdf2.js';
import { readScrypt } from './imported-hashes/scrypt.js';
import { readShaCrypt } from './imported-hashes/sha-crypt.js';

const derivePbkdf2 = promisify(pbkdf2);

// Today's cost: OWASP Password Storage Cheat Sheet.
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const PBKDF2_ROUNDS = 600_000;
const SALT_BYTES = 16;
const CHECKSUM_BYTES = 32;

/** The length of the column. */
const MAX_HASH_LENGTH = 255;

const readers: readonly HashReader[] = [
  readArgon2,
  readPbkdf2,
  readBcrypt,
  readScrypt,
  readShaCrypt,
  readLdap,
];

/** A scheme in which new hashes are made. */
export interface HashScheme {
  /** How each hash at today's cost begins. One that begins otherwise is due to be made again. */
  readonly prefix: string;
  /** Hashes a password with a new salt. */
  hash(password: string): Promise<string>;
  /**
   * Does the work of a hash for nothing, so that an answer tells no more by its time than by its words.
   *
   * @param share - How much of a whole hash: more than 0, at most 1.
   */
  spend(share: number): Promise<unknown>;
}

/** Tells whether a password is the one that was hashed. */
export type PasswordMatcher = (password: string) => Promise<boolean>;

/** The schemes of new hashes, by the name that the setting has for them. */
export const hashSchemes: Readonly<Record<PasswordScheme, HashScheme>> = {
  argon2id: {
    prefix: `$argon2id$v=19$m=${ARGON2ID.memoryCost},t=${ARGON2ID.timeCost},p=${ARGON2ID.parallelism}$`,
    hash: (password) => hashArgon2id(toBytes(password), ARGON2ID),
    spend: (share) => {
      const memoryCost = Math.max(8, Math.round(share * ARGON2ID.memoryCost)); // 8 KiB is the least (RFC 9106, 3.1)
      return deriveArgon2id('', { ...ARGON2ID, memoryCost, salt: Buffer.alloc(SALT_BYTES) });
    },
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
    spend: (share) =>
      derivePbkdf2('', '', Math.max(1, Math.round(share * PBKDF2_ROUNDS)), CHECKSUM_BYTES, 'sha256'),
  },
};

/**
 * Reads a stored hash: one of today's schemes, or one that another system made.
 *
 * @returns `null` if the string is of no known format, malformed, or asks for more work than is allowed.
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
 * NFC, so that a password is the same from every keyboard. Imported hashes were made from the text as it was typed, which
 * is NFC from nearly all of them; to try both forms would cost twice, and so tell that an account was imported.
 */
function toBytes(password: string): Buffer {
  if (password.length > MAX_PASSWORD_LENGTH) throw new RangeError('The password is too long to be hashed');
  return Buffer.from(password.normalize('NFC'));
}
