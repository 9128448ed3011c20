import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Environment, threadPoolSize } from '../../env.js';
import { counted } from '../../service/counted.js';
import { type Check, look, well, wrong } from './check.js';

/** Checks the version of Node.js, with the same ranges as `engines` in package.json. */
export const nodeCheck: Check = {
  name: 'Node',
  run() {
    const [major, minor] = process.versions.node.split('.').map(Number);
    const isSupported = (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major > 24;
    return isSupported
      ? well(process.versions.node)
      : wrong(
          `${process.versions.node} is not supported`,
          'Use Node 24.11 or newer, or Node 22.18 or a newer version of 22.',
        );
  },
};

/** Checks that threads remain for file access and DNS lookups while all cores hash passwords. */
export const threadsCheck: Check = {
  name: 'Threads',
  run() {
    const [threads, cores] = [threadPoolSize(), availableParallelism()];
    const says = `${threads} for ${counted(cores, 'core')}`;
    return threads > cores
      ? well(says)
      : look(
          `${says}: file access and DNS lookups are delayed while passwords are hashed`,
          `Start the service with UV_THREADPOOL_SIZE=${cores + 4} or more in its environment. Setting it in .env has no effect.`,
        );
  },
};

/** Checks that files with secrets are readable only by their owner. */
export function filesCheck({ dataDir, auth }: Environment): Check {
  return {
    name: 'Files',
    async run() {
      const { jwtPrivateKeysDir: keys } = auth;
      const secrets = [
        '.env',
        join(dataDir, 'secret-key'),
        join(dataDir, 'postgres-password'),
        ...(keys
          ? (await readdir(keys)).filter((file) => file.endsWith('.pem')).map((file) => join(keys, file))
          : []),
      ];
      const modes = await Promise.all(secrets.map(modeOf));
      const open = secrets.filter((_, i) => (modes[i] ?? 0) & 0o077);
      const found = modes.filter((mode) => mode !== undefined).length;
      return open.length > 0
        ? look(`readable by others: ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)
        : well(found === 0 ? 'no files with secrets' : `${found} with secrets, readable only by their owner`);
    },
  };
}

/** Returns the permissions of a file; `undefined` if it does not exist. */
async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
