import type { Environment } from '../env.js';
import { Problem } from '../http/problem/problem.js';
import { auditVerify } from './audit-verify.js';
import type { Command } from './command.js';
import { createAdmin } from './users/create-admin.js';
import { doctor } from './doctor/doctor.js';
import { importFastapi } from '../fastapi/command/import-fastapi.js';
import { migrate } from './migrate.js';
import { rotateKeys } from './rotate-keys.js';
import { seed } from './seed/seed.js';
import type { Terminal } from './terminal/terminal.js';
import { usersExport } from './users/users-export.js';
import { usersImport } from './users/users-import.js';
import { usersSetPassword } from './users/users-set-password.js';
import { work } from './work.js';
import { version } from '../version.js';

const commands: readonly Command[] = [
  migrate,
  createAdmin,
  importFastapi,
  rotateKeys,
  doctor,
  auditVerify,
  usersExport,
  usersImport,
  usersSetPassword,
  seed,
  work,
];

/**
 * Runs an operator command.
 *
 * @param argv - Name of the command and its arguments; empty to list all commands.
 * @param readEnv - Reads the settings; called only if a command needs them.
 * @returns the exit code: 0 on success, 1 on failure, 2 for an unknown command.
 */
export async function runCommand(
  argv: string[],
  readEnv: () => Environment,
  terminal: Terminal,
): Promise<number> {
  if (['--version', '-v'].includes(argv[0])) {
    terminal.print(version);
    return 0;
  }
  const command = commands.find(({ usage }) => startsWith(argv, nameOf(usage)));
  if (!command) return help(argv, terminal);
  const args = argv.slice(nameOf(command.usage).length);
  if (args.includes('--help') || args.includes('-h')) {
    terminal.print(`Usage: astra ${command.usage}\n\n${command.does}`);
    return 0;
  }
  try {
    const context = {
      terminal,
      get env() {
        return readEnv();
      },
    };
    return (await command.run(args, context)) ?? 0;
  } catch (error) {
    terminal.notice((error as Error).message);
    if (error instanceof Problem) for (const { msg } of error.errors ?? []) terminal.notice(`  ${msg}`);
    return 1;
  }
}

/** Returns the words before the first option or argument. A name can have two words, such as `users export`. */
function nameOf(usage: string): string[] {
  return usage.split(/ [[<-]/, 1)[0].split(' ');
}

function startsWith(argv: string[], name: string[]): boolean {
  return name.every((word, index) => argv[index] === word);
}

/** Prints the list of commands. An unknown name is reported on standard error, with exit code 2. */
function help([name = 'help']: string[], terminal: Terminal): number {
  terminal.print(
    'Usage: astra [command]\n\nRun "npx nestjs-astra [command]" if the package is installed, or "npm run astra -- [command]" in its\nrepository. Without a command, starts the service. Commands:\n',
  );
  for (const { usage, does } of commands) terminal.print(`  ${usage}\n      ${does}`);
  if (['help', '--help', '-h'].includes(name)) return 0;
  terminal.notice(`\nUnknown command "${name}".`);
  return 2;
}
