import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { HashReader } from './hash-reader.js';
import type { ShaCryptTask } from './sha-crypt.worker.js';

const DEFAULT_ROUNDS = 5_000;
const MIN_ROUNDS = 1_000;
/** Maximum of rounds, about one second. */
const MAX_ROUNDS = 700_000;

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const variants = {
  // The order in which groups of three bytes are encoded: the first group, the rotation from group to group, and the
  // remaining bytes.
  '5': { digest: 'sha256', bytes: 32, characters: 43, start: [0, 10, 20], rotateBy: 2, rest: [31, 30] },
  '6': { digest: 'sha512', bytes: 64, characters: 86, start: [0, 21, 42], rotateBy: 1, rest: [63] },
} as const;

/**
 * Reads `$5$` and `$6$` of Unix systems (SHA-crypt), also with OpenLDAP's prefix `{CRYPT}`. Node has no native function
 * for the thousands of rounds, so they run in a worker thread.
 */
export const readShaCrypt: HashReader = (stored) => {
  const fields =
    /^(?:\{CRYPT\})?\$([56])\$(?:rounds=([1-9]\d{3,5})\$)?([^$:\s]{0,16})\$([A-Za-z0-9./]{43,86})$/i.exec(
      stored,
    );
  if (!fields) return null;
  const [, variant, rounds = String(DEFAULT_ROUNDS), salt, checksum] = fields;
  const { digest, characters } = variants[variant as keyof typeof variants];
  if (checksum.length !== characters || Number(rounds) < MIN_ROUNDS || Number(rounds) > MAX_ROUNDS)
    return null;
  const wanted = Buffer.from(checksum);
  return async (password) => {
    const task: ShaCryptTask = { digest, password, salt: Buffer.from(salt), rounds: Number(rounds) };
    const found = Buffer.from(encode(await compute(task), variant as keyof typeof variants));
    return timingSafeEqual(found, wanted);
  };
};

/**
 * Hashes in a worker thread, which is terminated afterwards, since these hashes are rare and replaced at the next
 * sign-in.
 */
async function compute(workerData: ShaCryptTask): Promise<Uint8Array> {
  // The worker has the extension of this file: JavaScript in a build, TypeScript where sources run directly.
  const file = `./sha-crypt.worker${extname(fileURLToPath(import.meta.url))}`;
  const worker = new Worker(new URL(file, import.meta.url), { workerData, execArgv: [] });
  try {
    const [state] = (await once(worker, 'message')) as [Uint8Array];
    return state;
  } finally {
    void worker.terminate();
  }
}

/** Encodes a digest in the base64 variant of crypt, which has its own alphabet, byte order and bit order. */
function encode(state: Uint8Array, variant: keyof typeof variants): string {
  const { bytes, start, rotateBy, rest } = variants[variant];
  const groups: number[][] = [];
  let [x, y, z]: number[] = [...start];
  for (let i = 0; i < Math.floor(bytes / 3); i++) {
    groups.push([x, y, z]);
    const next = [x, y, z].map((index) => index + 1);
    [x, y, z] = rotateBy === 1 ? [next[1], next[2], next[0]] : [next[2], next[0], next[1]];
  }
  groups.push([...rest]);
  return groups
    .map((group) => {
      let bits = group.reduce((value, index) => (value << 8) | state[index], 0);
      let text = '';
      for (let i = 0; i <= group.length; i++, bits >>>= 6) text += ALPHABET[bits & 63];
      return text;
    })
    .join('');
}
