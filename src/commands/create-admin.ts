import { parseArgs } from 'node:util';
import { ensureAdministrator } from '../service/first-administrator.js';
import type { Command } from './command.js';
import { withServices } from './with-services.js';

/** Makes the first administrator, who can make others. Twice is once. */
export const createAdmin: Command = {
  usage: 'create-admin [--username <name>] [--email <address>]',
  does: 'Makes the first administrator; asks for the password, or reads it from standard input.',

  async run(args, context) {
    const { values } = parseArgs({
      args,
      options: { username: { type: 'string' }, email: { type: 'string' } },
    });
    const { env, terminal } = context;
    const username = values.username ?? env.admin?.username ?? (await terminal.ask('Username: '));
    const email = values.email ?? env.admin?.email ?? (await terminal.ask('Email address: '));
    const password = env.admin?.password ?? (await terminal.askSecretly('Password: '));

    const made = await withServices(context, (app) =>
      ensureAdministrator(app, { username, email, password }),
    );
    terminal.print(
      made
        ? `Made the administrator ${username}.`
        : 'There is an administrator already; nothing was changed.',
    );
  },
};
