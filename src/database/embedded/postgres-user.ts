import { EmbeddedPostgresError } from './embedded-errors.js';
import { runProgram, type SystemUser } from './run-program.js';

/** Finds the system user `postgres`; `null` if it does not exist. */
export async function findPostgresUser(): Promise<SystemUser | null> {
  try {
    const ids = await runProgram('sh', ['-c', 'id -u postgres && id -g postgres']);
    const [uid, gid] = ids.trim().split('\n').map(Number);
    return { uid, gid };
  } catch {
    return null;
  }
}

/**
 * Creates the system user `postgres`.
 *
 * @param instead - Alternative that an error suggests.
 * @param notice - Called with a sentence if this process created it.
 * @throws {EmbeddedPostgresError} if it cannot be created.
 */
export async function addPostgresUser(
  instead: string,
  notice?: (message: string) => void,
): Promise<SystemUser> {
  const args = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'];
  const failure = await runProgram('useradd', args).then(
    () => null,
    (error: Error) => error.message,
  );
  // Looked up in any case, because another process may have created it at the same time.
  const user = await findPostgresUser();
  if (!user) {
    throw new EmbeddedPostgresError(
      `Postgres refuses to run as root, and the system user postgres could not be created (${failure}): ` +
        `create it, start as an ordinary user, or ${instead}.`,
    );
  }
  if (!failure) notice?.('Created the system user postgres, because Postgres refuses to run as root.');
  return user;
}

/**
 * Returns arguments of `setpriv` for a user who may read all files.
 *
 * Below a folder that is closed to others, such as /root, the user may search folders and read files, but not write.
 * CAP_DAC_READ_SEARCH is ambient, so that child processes keep it (capabilities(7)). Postgres checks its own files with
 * access(2), which considers the capabilities of a normal user only with `no_setuid_fixup`.
 */
export function lendReadAccess({ uid, gid }: SystemUser): string[] {
  const capability = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    ...capability,
    '--securebits=+no_setuid_fixup',
  ];
}
