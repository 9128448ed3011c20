import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { jest } = import.meta;

/** A pair of keys for each algorithm. */
export const pairs = {
  EdDSA: generateKeyPairSync('ed25519'),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

/** A private key as its file has it. */
export const pem = ({ privateKey }: { privateKey: KeyObject }) =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** The name of a key that signs from so many seconds from now on. */
export const kidAt = (seconds: number) =>
  `${new Date(Date.now() + seconds * 1000).toISOString().replace(/[-:]|\.\d+/g, '')}-key`;

/** Lets time pass, in seconds, in the tests of a {@link KeyDirectory}. */
export const pass = (seconds: number) => jest.advanceTimersByTime(seconds * 1000);

/** For each test of a file an empty directory of keys, and timers that only {@link pass} moves. */
export class KeyDirectory {
  path: string;

  constructor() {
    beforeEach(async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
      this.path = await mkdtemp(join(tmpdir(), 'astra-keyring-'));
    });
    afterEach(async () => {
      await rm(this.path, { recursive: true });
      jest.useRealTimers();
    });
  }

  /** Puts a key there. @returns its name. */
  async add(kid: string, algorithm: keyof typeof pairs = 'EdDSA'): Promise<string> {
    await writeFile(join(this.path, `${kid}.pem`), pem(pairs[algorithm]));
    return kid;
  }
}
