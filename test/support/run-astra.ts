import { runCommand } from '../../src/commands/run-command.js';
import { readEnvironment, type Variables } from '../../src/env.js';
import { connectionUrl, type TestDatabase } from './test-database.js';
import { SECRET_KEY } from './test-service.js';

/** Result of an operator command. */
export interface CommandOutcome {
  exitCode: number;
  /** Lines of standard output, and of standard error. */
  printed: string[];
  noticed: string[];
}

/**
 * Runs an operator command on a database, where nobody answers questions.
 *
 * @param password - What standard input holds. Default nothing.
 */
export async function runAstra(
  database: TestDatabase,
  argv: string[],
  variables: Variables = {},
  password?: string,
): Promise<CommandOutcome> {
  const DATABASE_URL = connectionUrl(database.connection);
  const [printed, noticed]: string[][] = [[], []];
  const nobody = () => Promise.reject(new Error('Nobody is there to answer.'));
  const exitCode = await runCommand(argv, () => readEnvironment({ SECRET_KEY, DATABASE_URL, ...variables }), {
    print: (line) => void printed.push(line),
    notice: (line) => void noticed.push(line),
    ask: nobody,
    askSecretly: password === undefined ? nobody : () => Promise.resolve(password),
  });
  return { exitCode, printed, noticed };
}
