import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Tells whether a folder is that of a host application, whose variables are its own: it depends on Nest and on this
 * package. Where only this package is installed, it is the stand-alone service that runs there.
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
