import { generateKeyPair, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { SignatureAlgorithm } from '../../../settings/auth-options.js';
import { CLOCK_SKEW } from '../access-token-claims.js';
import { activationTime, compareTimes } from './signing-key.js';

/** What {@link rotateKeys} goes by. */
export interface Rotation {
  /** The directory of the private keys; made if it is missing. */
  directory: string;
  algorithm: Exclude<SignatureAlgorithm, 'HS256'>;
  /** Seconds from now until the new key signs: long enough for it to reach every instance and every verifier. */
  signAfter: number;
  /** Life of an access token, in seconds: for as long a key verifies after its successor took over. */
  accessTokenTtl: number;
}

const makeKeyPair = promisify(generateKeyPair);

const makers: Record<Rotation['algorithm'], () => Promise<KeyPairKeyObjectResult>> = {
  EdDSA: () => makeKeyPair('ed25519'),
  ES256: () => makeKeyPair('ec', { namedCurve: 'P-256' }),
  RS256: () => makeKeyPair('rsa', { modulusLength: 3072 }),
};

/**
 * Makes the next signing key, and removes those whose last token has ended.
 *
 * @returns the new key's `kid`, when it begins to sign, and the `kid`s that were removed.
 */
export async function rotateKeys({ directory, algorithm, signAfter, accessTokenTtl }: Rotation) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const removed = await removeRetired(directory, accessTokenTtl);

  const signsFrom = new Date(Math.ceil(Date.now() / 1000 + signAfter) * 1000);
  const kid = `${signsFrom.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
  const { privateKey } = await makers[algorithm]();
  // Renamed into place, so that no instance ever reads half a key.
  const path = join(directory, `${kid}.pem`);
  await writeFile(`${path}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
    flag: 'wx',
  });
  await rename(`${path}.new`, path);
  return { kid, signsFrom, removed };
}

async function removeRetired(directory: string, accessTokenTtl: number): Promise<string[]> {
  const kids = (await readdir(directory))
    .filter((file) => file.endsWith('.pem'))
    .map((file) => basename(file, '.pem'));
  const order = kids.sort((a, b) => compareTimes(activationTime(a), activationTime(b)));
  const lastToken = Date.now() - (accessTokenTtl + CLOCK_SKEW) * 1000;
  // Of those without a time nobody knows which one signs, so they stay until one with a time has taken over from all.
  const retired = order.filter((_, index) => {
    const successor = order.slice(index + 1).find((kid) => activationTime(kid) > -Infinity);
    return successor !== undefined && activationTime(successor) < lastToken;
  });
  for (const kid of retired) await rm(join(directory, `${kid}.pem`));
  return retired;
}
