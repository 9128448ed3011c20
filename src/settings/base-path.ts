import type { AuthSettings } from './auth-settings.js';

/** Returns the path of `publicUrl`, below which a proxy serves everything; empty, or with a leading slash. */
export function basePathOf({ publicUrl }: Pick<AuthSettings, 'publicUrl'>): string {
  return new URL(publicUrl).pathname.replace(/\/$/, '');
}
