import { parseArgs } from 'node:util';
import { migrateDatabase } from '../service/open-database.js';
import type { Command } from './command.js';

/** Applies migrations. In production, a separate step before the service starts. */
export const migrate: Command = {
  usage: 'migrate [--set-password]',
  does: 'Applies pending migrations and grants POSTGRES_SERVICE_USER its privileges. With --set-password, also sets the password of an existing role.',

  async run(args, { env, terminal }) {
    const { values } = parseArgs({ args, options: { 'set-password': { type: 'boolean', default: false } } });
    if (env.guest)
      throw new Error(
        'This command is for the stand-alone service. An application applies these migrations together with its own.',
      );
    const options = { setPassword: values['set-password'] };
    const applied = await migrateDatabase(env, terminal.notice, options);
    for (const migration of applied) terminal.print(`Applied ${migration}`);
    terminal.print(
      applied.length > 0
        ? 'Migrations applied. The tables are up to date.'
        : 'The tables are already up to date.',
    );
    if (env.serviceRole) terminal.print(`The service connects to Postgres as ${env.serviceRole.username}.`);
  },
};
