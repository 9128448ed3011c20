import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, readEnvironment, SettingsError, type Variables } from '../../src/env.js';

/** A good secret key. */
export const key = 'k3y/Rh8vQ0mZ5tXwP1sLdN7bCfJ2gEyA6uT4';

/** As few variables as production needs. */
export const production: Variables = { NODE_ENV: 'production', SECRET_KEY: key, POSTGRES_HOST: 'db' };

/** What stops a start with these variables, line by line; none if it does not stop. */
export function problemsOf(read: () => Environment): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

/** What `readEnvironment` refuses, line by line. */
export const refusals = (variables: Variables, ownNames?: string[]) =>
  problemsOf(() => readEnvironment(variables, { ownNames }));

/** A folder for the tests of a file, which is removed after them, and how to write a file of it. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'env-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** @returns its path. */
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  return { folder, file };
}
