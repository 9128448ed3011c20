import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Returns the `SECRET_KEY` for development, generated once and stored in `dataDir`, readable only by its owner. */
export async function developmentSecret(dataDir: string, notice: (line: string) => void): Promise<string> {
  const path = join(dataDir, 'secret-key');
  await mkdir(dataDir, { recursive: true });
  try {
    // Fails if the file exists: two processes that start at the same time must not use different keys.
    await writeFile(path, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
    notice(`SECRET_KEY is not set: generated one for development and stored it in ${path}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const secret = await readFile(path, 'utf8');
  if (secret.length < 32)
    throw new Error(
      `${path} is damaged. Remove it to generate a new key. All users must then sign in again.`,
    );
  return secret;
}
