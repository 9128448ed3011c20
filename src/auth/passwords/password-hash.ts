import { hash as hashArgon2id, hashRaw as deriveArgon2id } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { PasswordScheme } from '../../settings/auth-options.js';

const derivePbkdf2 = promisify(pbkdf2);

// Today's cost: OWASP Password Storage Cheat Sheet.
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const PBKDF2_ROUNDS = 600_000;
const SALT_BYTES = 16;
const CHECKSUM_BYTES = 32;

// An imported string says itself how much work a check is. Beyond about a second of it, it is not read.
const MAX_ARGON2_MEMORY = 256 * 1024; // KiB
const MAX_ARGON2_WORK = 1024 * 1024; // KiB × passes
const MAX_PBKDF2_ROUNDS = 2_000_000;
const MAX_BCRYPT_COST = 14;

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
      return this.prefix + [salt, checksum].map((bytes) => encode(bytes).replaceAll('+', '.')).join('$');
    },
    spend: (share) =>
      derivePbkdf2('', '', Math.max(1, Math.round(share * PBKDF2_ROUNDS)), CHECKSUM_BYTES, 'sha256'),
  },
};

/**
 * Reads a stored hash: argon2id (PHC string), Passlib's and Django's PBKDF2-SHA256, bcrypt.
 *
 * @returns `null` if the string is of no known format, malformed, or asks for more work than is allowed.
 */
export function readPasswordHash(stored: string): PasswordMatcher | null {
  return readArgon2id(stored) ?? readPasslib(stored) ?? readDjango(stored) ?? readBcrypt(stored);
}

const argon2idFormat =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,5}),t=([1-9]\d{0,5}),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function readArgon2id(stored: string): PasswordMatcher | null {
  const fields = argon2idFormat.exec(stored);
  if (!fields) return null;

  const [memoryCost, timeCost, parallelism] = fields.slice(1, 4).map(Number);
  const [salt, checksum] = fields.slice(4).map(decode);
  if (!salt || !checksum || memoryCost < 8 * parallelism) return null; // RFC 9106, 3.1
  if (memoryCost > MAX_ARGON2_MEMORY || memoryCost * timeCost > MAX_ARGON2_WORK) return null;

  const parameters = { memoryCost, timeCost, parallelism, salt, outputLen: checksum.length };
  return async (password) => timingSafeEqual(await deriveArgon2id(toBytes(password), parameters), checksum);
}

/** `$pbkdf2-sha256$<rounds>$<salt>$<checksum>`, in base64 with `.` for `+` and without padding. */
function readPasslib(stored: string): PasswordMatcher | null {
  const fields = /^\$pbkdf2-sha256\$([1-9]\d{0,6})\$([A-Za-z0-9./]{0,86})\$([A-Za-z0-9./]{43})$/.exec(stored);
  if (!fields) return null;

  const [salt, checksum] = fields.slice(2).map((text) => decode(text.replaceAll('.', '+')));
  return salt && matchPbkdf2(Number(fields[1]), salt, checksum);
}

/** `pbkdf2_sha256$<rounds>$<salt>$<checksum>`: the salt is text, the checksum in base64 with padding. */
function readDjango(stored: string): PasswordMatcher | null {
  const fields = /^pbkdf2_sha256\$([1-9]\d{0,6})\$([^$]{1,128})\$([A-Za-z0-9+/]{43})=$/.exec(stored);
  return fields && matchPbkdf2(Number(fields[1]), fields[2], decode(fields[3]));
}

function matchPbkdf2(rounds: number, salt: Buffer | string, checksum: Buffer | null): PasswordMatcher | null {
  if (!checksum || rounds > MAX_PBKDF2_ROUNDS) return null;
  return async (password) =>
    timingSafeEqual(await derivePbkdf2(toBytes(password), salt, rounds, CHECKSUM_BYTES, 'sha256'), checksum);
}

/**
 * bcrypt looks at the first 72 bytes of a password, and so does this: who had a longer one elsewhere can still sign in.
 * The hash that replaces it at that sign-in counts every byte.
 */
function readBcrypt(stored: string): PasswordMatcher | null {
  const fields = /^\$2[aby]\$(\d\d)\$[A-Za-z0-9./]{53}$/.exec(stored);
  if (!fields || Number(fields[1]) < 4 || Number(fields[1]) > MAX_BCRYPT_COST) return null;
  return (password) => verifyBcrypt(toBytes(password), stored);
}

/**
 * NFC, so that a password is the same from every keyboard. Imported hashes were made from the text as it was typed, which
 * is NFC from nearly all of them; to try both forms would cost twice, and so tell that an account was imported.
 */
function toBytes(password: string): Buffer {
  return Buffer.from(password.normalize('NFC'));
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** The bytes of unpadded base64; `null` if it is not the one way to write them (RFC 4648, 3.5). */
function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return encode(bytes) === text ? bytes : null;
}
