import { parseArgs } from 'node:util';
import { PasswordChangeService } from '../../auth/passwords/change/password-change.service.js';
import { UsersService } from '../../users/users.service.js';
import type { Command } from '../command.js';
import { withServices } from '../with-services.js';

/**
 * Sets the password of an account, for installations without email, or for an admin whose password was disabled after
 * too many failures.
 */
export const usersSetPassword: Command = {
  usage: 'users set-password <username or email address>',
  does: 'Sets a password, which it asks for or reads from standard input; ends all sessions of the account.',

  async run(args, context) {
    const { positionals } = parseArgs({ args, allowPositionals: true });
    const [login, ...others] = positionals;
    // A password in the arguments would be visible to other users of the machine and stored in the shell history.
    if (!login || others.length > 0)
      throw new Error(
        'Specify one account. The command prompts for the password, or reads it from standard input.',
      );
    const { terminal } = context;

    await withServices(context, async (app) => {
      const user = await app.get(UsersService).findByLogin(login);
      if (!user) throw new Error(`Account ${login} not found.`);
      const password = await terminal.askSecretly(`New password for ${user.username}: `);
      const passwords = app.get(PasswordChangeService);
      await passwords.assign(user.id, password, { reason: 'operator' });
      terminal.print(`Set the password of ${user.username}; its sessions and links have ended.`);
      if (!user.isActive)
        terminal.notice('The account is inactive. An admin must activate it before the user can sign in.');
    });
  },
};
