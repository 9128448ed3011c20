import { createHash, timingSafeEqual } from 'node:crypto';
import { decodePaddedBase64, type HashReader } from './hash-reader.js';

const digests: Readonly<Record<string, { name: string; bytes: number }>> = {
  SSHA: { name: 'sha1', bytes: 20 },
  SSHA256: { name: 'sha256', bytes: 32 },
  SSHA384: { name: 'sha384', bytes: 48 },
  SSHA512: { name: 'sha512', bytes: 64 },
};

/**
 * Reads `{SSHA}`, `{SSHA256}`, `{SSHA384}` and `{SSHA512}` of LDAP directories: base64 of a digest over password and
 * salt, followed by the salt.
 */
export const readLdap: HashReader = (stored) => {
  const fields = /^\{(SSHA(?:256|384|512)?)\}([A-Za-z0-9+/]{28,172}={0,2})$/i.exec(stored);
  if (!fields) return null;
  const { name, bytes } = digests[fields[1].toUpperCase()];
  const decoded = decodePaddedBase64(fields[2]);
  if (!decoded || decoded.length <= bytes) return null;
  const [checksum, salt] = [decoded.subarray(0, bytes), decoded.subarray(bytes)];
  return (password) =>
    Promise.resolve(timingSafeEqual(createHash(name).update(password).update(salt).digest(), checksum));
};
