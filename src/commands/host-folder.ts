import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns whether a folder contains a host application, with variables of its own: its package.json depends on Nest and
 * on this package. With this package alone, the folder runs the stand-alone service.
 */
export function isHostFolder(folder: string): boolean {
  try {
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    return 'nestjs-astra' in dependencies && '@nestjs/core' in dependencies;
  } catch {
    return false;
  }
}
