import { parseArgs } from 'node:util';
import { ensureAdministrator } from '../../auth/first-administrator.js';
import type { Command } from '../command.js';
import { withServices } from '../with-services.js';

/** Creates the first admin. Repeating it changes nothing, unless an additional one is requested. */
export const createAdmin: Command = {
  usage: 'create-admin [--username <name>] [--email <address>] [--another]',
  does: 'Creates the first admin, or an additional one with --another. Prompts for the password, or reads it from standard input.',

  async run(args, context) {
    const { values } = parseArgs({
      args,
      options: {
        username: { type: 'string' },
        email: { type: 'string' },
        another: { type: 'boolean', default: false },
      },
    });
    const { env, terminal } = context;
    // The settings describe the first admin.
    const admin = values.another ? undefined : env.admin;
    const username = values.username ?? admin?.username ?? (await terminal.ask('Username: '));
    const email = values.email ?? admin?.email ?? (await terminal.ask('Email address: '));
    const password = admin?.password ?? (await terminal.askSecretly('Password: '));

    const made = await withServices(context, (app) =>
      ensureAdministrator(app, { username, email, password }, { another: values.another }),
    );
    if (made) return terminal.print(`Created the admin ${username}.`);
    terminal.print('An admin already exists. Nothing was changed.');
    terminal.notice(
      'If nobody can sign in as an admin, run astra users set-password <username>, or astra create-admin --another.',
    );
  },
};
