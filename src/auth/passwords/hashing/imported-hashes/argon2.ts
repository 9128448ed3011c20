import { type Algorithm, hashRaw } from '@node-rs/argon2';
import { timingSafeEqual } from 'node:crypto';
import { decodeBase64, type HashReader } from './hash-reader.js';

// An imported hash states its own cost. Limits of about one second keep a hostile import from blocking sign-ins.
const MAX_MEMORY = 256 * 1024; // KiB
const MAX_WORK = 1024 * 1024; // KiB × passes

// The package declares the algorithms as a `const enum`, which cannot be read when files are compiled one by one.
const algorithms: Readonly<Record<string, Algorithm>> = { d: 0, i: 1, id: 2 };

const format =
  /^(?:argon2)?\$argon2(id|i|d)\$v=19\$m=([1-9]\d{0,5}),t=([1-9]\d{0,5}),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Reads argon2id, argon2i and argon2d as PHC strings (RFC 9106), also with Django's prefix `argon2`. */
export const readArgon2: HashReader = (stored) => {
  const fields = format.exec(stored);
  if (!fields) return null;

  const [memoryCost, timeCost, parallelism] = fields.slice(2, 5).map(Number);
  const [salt, checksum] = fields.slice(5).map(decodeBase64);
  if (!salt || !checksum || memoryCost < 8 * parallelism) return null; // RFC 9106, 3.1
  if (memoryCost > MAX_MEMORY || memoryCost * timeCost > MAX_WORK) return null;

  const algorithm = algorithms[fields[1]];
  const options = { algorithm, memoryCost, timeCost, parallelism, salt, outputLen: checksum.length };
  return async (password) => timingSafeEqual(await hashRaw(password, options), checksum);
};
