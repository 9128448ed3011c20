import { createCipheriv, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type BytesMatcher, decodeBase64, decodePaddedBase64, type HashReader } from './hash-reader.js';

const derive = promisify<Buffer, string | Buffer, number, ScryptOptions, Buffer>(scrypt);

/** Maximum of N × r × p: 256 MiB for one lane, and about one second. */
const MAX_WORK = 2 ** 21;

interface Cost {
  N: number;
  r: number;
  p: number;
}

/** Reads scrypt (RFC 7914) in the formats of Werkzeug, Django, better-auth, Firebase and PHC strings (Passlib). */
export const readScrypt: HashReader = (stored) =>
  readWerkzeug(stored) ??
  readDjango(stored) ??
  readPhc(stored) ??
  readBetterAuth(stored) ??
  readFirebase(stored);

/** `scrypt:<N>:<r>:<p>$<salt>$<checksum>`: the salt is text, the checksum in hex. */
function readWerkzeug(stored: string): BytesMatcher | null {
  const fields = /^scrypt:([1-9]\d{0,6}):([1-9]\d?):([1-9]\d?)\$([A-Za-z0-9]{1,64})\$([0-9a-f]{128})$/.exec(
    stored,
  );
  if (!fields) return null;
  const [N, r, p] = fields.slice(1, 4).map(Number);
  return match({ N, r, p }, fields[4], Buffer.from(fields[5], 'hex'));
}

/** `scrypt$<N>$<salt>$<r>$<p>$<checksum>`: the salt is text, the checksum in base64 with padding. */
function readDjango(stored: string): BytesMatcher | null {
  const fields =
    /^scrypt\$([1-9]\d{0,6})\$([^$]{1,128})\$([1-9]\d?)\$([1-9]\d?)\$([A-Za-z0-9+/]{86}==)$/.exec(stored);
  if (!fields) return null;
  const [N, r, p] = [fields[1], fields[3], fields[4]].map(Number);
  return match({ N, r, p }, fields[2], decodePaddedBase64(fields[5]));
}

/** `$scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<checksum>`, in base64 without padding. */
function readPhc(stored: string): BytesMatcher | null {
  const fields =
    /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(
      stored,
    );
  if (!fields) return null;
  const [log2N, r, p] = fields.slice(1, 4).map(Number);
  const [salt, checksum] = fields.slice(4).map(decodeBase64);
  return salt && match({ N: 2 ** log2N, r, p }, salt, checksum);
}

/** `<salt>:<checksum>` in hex. The salt is used as text, not decoded, and the password in NFKC. */
function readBetterAuth(stored: string): BytesMatcher | null {
  const fields = /^([0-9a-f]{32}):([0-9a-f]{128})$/.exec(stored);
  if (!fields) return null;
  const matches = match({ N: 16_384, r: 16, p: 1 }, fields[1], Buffer.from(fields[2], 'hex'));
  return matches && ((password) => matches(Buffer.from(password.toString().normalize('NFKC'))));
}

/**
 * `$fbscrypt$v=1,n=<log2 N>,r=<r>,p=<p>,ss=<salt separator>,sk=<signer key>$<salt>$<checksum>` in base64: Astra's
 * notation for exports of Firebase, which states the first five values once per project. The checksum is the signer
 * key, encrypted with the key that scrypt derives.
 */
function readFirebase(stored: string): BytesMatcher | null {
  const base64 = '([A-Za-z0-9+/_-]{2,88}={0,2})';
  const fields = new RegExp(
    `^\\$fbscrypt\\$v=1,n=([1-9]\\d?),r=([1-9]\\d?),p=([1-9]\\d?),ss=${base64},sk=${base64}\\$${base64}\\$${base64}$`,
  ).exec(stored);
  if (!fields) return null;
  const [log2N, r, p] = fields.slice(1, 4).map(Number);
  // Some Firebase exports use base64url, with or without padding; `Buffer` decodes all of them.
  const [separator, signerKey, salt, checksum] = fields.slice(4).map((text) => Buffer.from(text, 'base64'));
  const cost = { N: 2 ** log2N, r, p };
  if (!isAffordable(cost) || checksum.length < 16 || checksum.length !== signerKey.length) return null;

  const wholeSalt = Buffer.concat([salt, separator]);
  return async (password) => {
    const key = await derive(password, wholeSalt, 32, withMemory(cost));
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
    return timingSafeEqual(Buffer.concat([cipher.update(signerKey), cipher.final()]), checksum);
  };
}

/** Returns a matcher that compares in constant time; `null` if the cost exceeds the limit. */
function match(cost: Cost, salt: Buffer | string, checksum: Buffer | null): BytesMatcher | null {
  if (!checksum || !isAffordable(cost)) return null;
  return async (password) =>
    timingSafeEqual(await derive(password, salt, checksum.length, withMemory(cost)), checksum);
}

/** Checks the limits of a hash before any memory is allocated. scrypt requires N to be a power of two. */
function isAffordable({ N, r, p }: Cost): boolean {
  const isPowerOfTwo = N > 1 && Number.isInteger(Math.log2(N));
  return isPowerOfTwo && N * r * p <= MAX_WORK;
}

/** Sets the memory limit of OpenSSL, which by default rejects more than 32 MiB. */
function withMemory(cost: Cost): ScryptOptions {
  return { ...cost, maxmem: 128 * cost.r * (cost.N + cost.p + 2) };
}
