import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files below a folder that call `SignInService.prove`, the one door for signing in: each of them is a way in. */
export function callersOfTheDoor(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => /\.prove\(/.test(readFileSync(file, 'utf8')))
    .sort();
}
