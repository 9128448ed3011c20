import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const script = new URL('./bundle-client.mjs', import.meta.url).pathname;

/**
 * Bundles the client as the build of an application does.
 *
 * @param imports - Names that the application imports. Default: all.
 */
export function bundleClient(...imports: string[]): Promise<string> {
  return bundle('index.ts', ...imports);
}

/** Bundles the binding for React, without React. */
export function bundleReactBinding(): Promise<string> {
  return bundle('react/index.ts');
}

async function bundle(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [script, ...args])).stdout;
}
