import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * A clean environment: that of this process contains secrets, and its `PG…` and locale variables would influence the
 * programs.
 */
const surroundings = { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' } };

/** User of the operating system. */
export interface SystemUser {
  uid: number;
  gid: number;
}

/**
 * Runs a program until it exits.
 *
 * @param user - Default: the user of this process.
 * @returns its standard output.
 * @throws {Error} with its last lines if it failed, or the reason why it did not start.
 */
export async function runProgram(file: string, args: string[], user?: SystemUser | null): Promise<string> {
  const { stdout } = await execute(file, args, { ...surroundings, ...user }).catch((error: unknown) => {
    throw new Error(lastWords(error));
  });
  return stdout;
}

function lastWords(error: unknown): string {
  const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string };
  const said = stderr?.trim() || stdout?.trim() || message;
  return said.split('\n').slice(-3).join('; ');
}
