import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const script = new URL('./bundle-client.mjs', import.meta.url).pathname;

/**
 * Bundles the client as the build of an application does.
 *
 * @param imports - Names that the application imports. Default: all.
 */
export async function bundleClient(...imports: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [script, ...imports])).stdout;
}
