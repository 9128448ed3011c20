import { generateKeyPair, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { SignatureAlgorithm } from '../../../settings/astra-options.js';
import { CLOCK_SKEW } from '../access-token-claims.js';
import { activationTime, compareTimes } from './signing-key.js';

/** Options of {@link rotateKeys}. */
export interface Rotation {
  /** Directory of the private keys; created if missing. */
  directory: string;
  algorithm: Exclude<SignatureAlgorithm, 'HS256'>;
  /** Seconds until the new key signs: enough for it to reach every instance and every verifier. */
  signAfter: number;
  /** Lifetime of access tokens in seconds. For this time a key still verifies after its successor has taken over. */
  accessTokenTtl: number;
}

const makeKeyPair = promisify(generateKeyPair);

/** Generators of key pairs by algorithm. */
const makers: Record<Rotation['algorithm'], () => Promise<KeyPairKeyObjectResult>> = {
  EdDSA: () => makeKeyPair('ed25519'),
  ES256: () => makeKeyPair('ec', { namedCurve: 'P-256' }),
  RS256: () => makeKeyPair('rsa', { modulusLength: 3072 }),
};

/**
 * Creates the next signing key, and removes keys whose last token has expired.
 *
 * @returns the `kid` of the new key, the time from which it signs, and the `kid`s of removed keys.
 */
export async function rotateKeys({ directory, algorithm, signAfter, accessTokenTtl }: Rotation) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const removed = await removeRetired(directory, accessTokenTtl);

  const signsFrom = new Date(Math.ceil(Date.now() / 1000 + signAfter) * 1000);
  const kid = `${signsFrom.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
  const { privateKey } = await makers[algorithm]();
  // Renamed into place, so that no instance reads a partial file.
  const path = join(directory, `${kid}.pem`);
  await writeFile(`${path}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
    flag: 'wx',
  });
  await rename(`${path}.new`, path);
  return { kid, signsFrom, removed };
}

/** Deletes the keys whose last token has expired. */
async function removeRetired(directory: string, accessTokenTtl: number): Promise<string[]> {
  const kids = (await readdir(directory))
    .filter((file) => file.endsWith('.pem'))
    .map((file) => basename(file, '.pem'));
  const order = kids.sort((a, b) => compareTimes(activationTime(a), activationTime(b)));
  const lastToken = Date.now() - (accessTokenTtl + CLOCK_SKEW) * 1000;
  // Of several keys without a time, any may be signing, so all stay until a key with a time has taken over.
  const retired = order.filter((_, index) => {
    const successor = order.slice(index + 1).find((kid) => activationTime(kid) > -Infinity);
    return successor !== undefined && activationTime(successor) < lastToken;
  });
  for (const kid of retired) await rm(join(directory, `${kid}.pem`));
  return retired;
}
