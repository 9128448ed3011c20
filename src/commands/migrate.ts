import { applyMigrations } from '../database/apply-migrations.js';
import { openDatabase } from '../service/open-database.js';
import type { Command } from './command.js';

/** Brings the tables up to date; in production a step of its own before the service starts. */
export const migrate: Command = {
  usage: 'migrate',
  does: 'Brings the tables up to date.',

  async run(_args, { env, terminal }) {
    const database = await openDatabase(env, terminal.notice);
    try {
      const applied = await applyMigrations(database.db);
      for (const migration of applied) terminal.print(`Applied ${migration}`);
      terminal.print(applied.length > 0 ? 'The tables are up to date now.' : 'The tables were up to date.');
    } finally {
      await database.close();
    }
  },
};
