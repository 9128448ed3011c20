import { migrateDatabase } from '../service/open-database.js';
import type { Command } from './command.js';

/** Brings the tables up to date; in production a step of its own before the service starts. */
export const migrate: Command = {
  usage: 'migrate',
  does: 'Brings the tables up to date, and gives POSTGRES_SERVICE_USER its rights.',

  async run(_args, { env, terminal }) {
    if (env.guest)
      throw new Error(
        'The application applies these migrations together with its own. This command is for the stand-alone service.',
      );
    const applied = await migrateDatabase(env, terminal.notice);
    for (const migration of applied) terminal.print(`Applied ${migration}`);
    terminal.print(applied.length > 0 ? 'The tables are up to date now.' : 'The tables were up to date.');
    if (env.serviceRole) terminal.print(`The service is ${env.serviceRole.username} to Postgres.`);
  },
};
