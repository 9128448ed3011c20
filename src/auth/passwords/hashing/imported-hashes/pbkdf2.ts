import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type BytesMatcher, decodeBase64, decodePaddedBase64, type HashReader } from './hash-reader.js';

const derive = promisify(pbkdf2);

/**
 * Maximum of digest iterations, about one second. A checksum longer than one digest needs the rounds once per digest.
 */
const MAX_ROUNDS = 2_000_000;

const digestBytes: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 };

/** Reads PBKDF2 (RFC 8018) in the formats of Passlib, Django, Werkzeug and PHC strings (Keycloak, Zitadel). */
export const readPbkdf2: HashReader = (stored) =>
  readPasslib(stored) ?? readDjango(stored) ?? readWerkzeug(stored) ?? readPhc(stored);

/** `$pbkdf2-sha256$<rounds>$<salt>$<checksum>`, in base64 with `.` for `+` and without padding. */
function readPasslib(stored: string): BytesMatcher | null {
  const fields =
    /^\$pbkdf2-(sha256|sha512)\$([1-9]\d{0,6})\$([A-Za-z0-9./]{0,86})\$([A-Za-z0-9./]{43,86})$/.exec(stored);
  if (!fields) return null;
  const [salt, checksum] = fields.slice(3).map((text) => decodeBase64(text.replaceAll('.', '+')));
  return salt && matchDigest(fields[1], Number(fields[2]), salt, checksum);
}

/** `pbkdf2_sha256$<rounds>$<salt>$<checksum>`: the salt is text, the checksum in base64 with padding. */
function readDjango(stored: string): BytesMatcher | null {
  const fields = /^pbkdf2_(sha1|sha256)\$([1-9]\d{0,6})\$([^$]{1,128})\$([A-Za-z0-9+/]{27,43}=)$/.exec(
    stored,
  );
  return fields && matchDigest(fields[1], Number(fields[2]), fields[3], decodePaddedBase64(fields[4]));
}

/** `pbkdf2:sha256:<rounds>$<salt>$<checksum>`: the salt is text, the checksum in hex. */
function readWerkzeug(stored: string): BytesMatcher | null {
  const fields =
    /^pbkdf2:(sha1|sha256|sha512):([1-9]\d{0,6})\$([A-Za-z0-9]{1,64})\$((?:[0-9a-f]{2}){20,64})$/.exec(
      stored,
    );
  return fields && matchDigest(fields[1], Number(fields[2]), fields[3], Buffer.from(fields[4], 'hex'));
}

/** `$pbkdf2-sha256$i=<rounds>,l=<bytes>$<salt>$<checksum>`, in base64 without padding; any length of checksum. */
function readPhc(stored: string): BytesMatcher | null {
  const fields =
    /^\$pbkdf2-(sha1|sha256|sha512)\$i=([1-9]\d{0,6}),l=([1-9]\d{0,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(
      stored,
    );
  if (!fields) return null;
  const [salt, checksum] = fields.slice(4).map(decodeBase64);
  return salt && checksum?.length === Number(fields[3])
    ? match(fields[1], Number(fields[2]), salt, checksum)
    : null;
}

/** For formats without a stated length, whose checksum is one digest long. */
function matchDigest(
  digest: string,
  rounds: number,
  salt: Buffer | string,
  checksum: Buffer | null,
): BytesMatcher | null {
  return checksum?.length === digestBytes[digest] ? match(digest, rounds, salt, checksum) : null;
}

/** Returns a matcher that compares in constant time; `null` if the cost exceeds the limit. */
function match(digest: string, rounds: number, salt: Buffer | string, checksum: Buffer): BytesMatcher | null {
  const { length } = checksum;
  if (rounds * Math.ceil(length / digestBytes[digest]) > MAX_ROUNDS) return null;
  return async (password) => timingSafeEqual(await derive(password, salt, rounds, length, digest), checksum);
}
