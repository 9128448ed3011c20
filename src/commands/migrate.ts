import { parseArgs } from 'node:util';
import type { Environment } from '../env.js';
import { checkDatabase, migrateDatabase } from '../service/open-database.js';
import { counted } from '../service/counted.js';
import type { Command } from './command.js';
import type { Terminal } from './terminal/terminal.js';

/** Exit code of a check that finds pending migrations. */
const PENDING = 3;

/** Applies migrations. In production, a separate step before the service starts. */
export const migrate: Command = {
  usage: 'migrate [--check] [--set-password]',
  does: 'Applies pending migrations and grants POSTGRES_SERVICE_USER its privileges. With --set-password, also sets the password of an existing role. With --check, changes nothing, and exits with 3 if migrations are pending.',

  async run(args, { env, terminal }): Promise<number> {
    const option = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({ args, options: { check: option, 'set-password': option } });
    if (env.guest)
      throw new Error(
        'This command is for the stand-alone service. An application applies these migrations together with its own.',
      );
    if (values.check) return check(env, terminal);
    const options = { setPassword: values['set-password'] };
    const applied = await migrateDatabase(env, terminal.notice, options);
    for (const migration of applied) terminal.print(`Applied ${migration}`);
    terminal.print(
      applied.length > 0
        ? 'Migrations applied. The tables are up to date.'
        : 'The tables are already up to date.',
    );
    if (env.serviceRole) terminal.print(`The service connects to Postgres as ${env.serviceRole.username}.`);
    return 0;
  },
};

/** Lists pending migrations, for steps that wait until there are none. */
async function check(env: Environment, terminal: Terminal): Promise<number> {
  const pending = await checkDatabase(env, terminal.notice);
  for (const migration of pending) terminal.print(`Pending ${migration}`);
  terminal.print(
    pending.length > 0
      ? `${counted(pending.length, 'migration')} pending. Run "astra migrate".`
      : 'The tables are up to date.',
  );
  return pending.length > 0 ? PENDING : 0;
}
