import { parseArgs } from 'node:util';
import { migrateDatabase } from '../service/open-database.js';
import type { Command } from './command.js';

/** Brings the tables up to date; in production a step of its own before the service starts. */
export const migrate: Command = {
  usage: 'migrate [--set-password]',
  does: 'Brings the tables up to date, and gives POSTGRES_SERVICE_USER its rights; with --set-password its password as well, which otherwise only a new role gets.',

  async run(args, { env, terminal }) {
    const { values } = parseArgs({ args, options: { 'set-password': { type: 'boolean', default: false } } });
    if (env.guest)
      throw new Error(
        'The application applies these migrations together with its own. This command is for the stand-alone service.',
      );
    const options = { setPassword: values['set-password'] };
    const applied = await migrateDatabase(env, terminal.notice, options);
    for (const migration of applied) terminal.print(`Applied ${migration}`);
    terminal.print(applied.length > 0 ? 'The tables are up to date now.' : 'The tables were up to date.');
    if (env.serviceRole) terminal.print(`The service is ${env.serviceRole.username} to Postgres.`);
  },
};
