import type { AuthSettings } from './auth-settings.js';

/** The path of `publicUrl`, below which a proxy serves all of it; empty if there is none, else with a slash before. */
export function basePathOf({ publicUrl }: Pick<AuthSettings, 'publicUrl'>): string {
  return new URL(publicUrl).pathname.replace(/\/$/, '');
}
