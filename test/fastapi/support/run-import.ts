import { runCommand } from '../../../src/commands/run-command.js';
import { readEnvironment } from '../../../src/env.js';
import { urlOf } from './fastapi-database.js';
import type { TestDatabase } from '../../support/test-database.js';
import { SECRET_KEY } from '../../support/test-service.js';

/** From where to where users are taken over. */
export interface ImportRun {
  from: TestDatabase | string;
  on: TestDatabase;
  settings?: Record<string, string>;
}

/** Runs `astra import-fastapi`, and keeps what it says. */
export async function runImport(args: string[], { from, on, settings }: ImportRun) {
  const printed: string[] = [];
  const noticed: string[] = [];
  const nobody = () => Promise.reject(new Error('nobody is asked'));
  const terminal = {
    print: (line: string) => void printed.push(line),
    notice: (line: string) => void noticed.push(line),
    ask: nobody,
    askSecretly: nobody,
  };
  const env = readEnvironment({ SECRET_KEY, DATABASE_URL: urlOf(on.connection), ...settings });
  const url = typeof from === 'string' ? from : urlOf(from.connection);
  const exitCode = await runCommand(['import-fastapi', '--from', url, ...args], () => env, terminal);
  return { exitCode, printed, noticed };
}
