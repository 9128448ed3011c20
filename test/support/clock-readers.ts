import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a folder that read the clock of the process, by their paths in it. */
export function clockReaders(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .filter((file) => /\bDate\.now\b|new Date\(\)/.test(readFileSync(join(folder, file), 'utf8')))
    .sort();
}
