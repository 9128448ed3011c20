import { parseArgs } from 'node:util';
import { rotateKeys as rotate } from '../auth/tokens/rotate-keys.js';
import type { Command } from './command.js';

/** Makes the next signing key of access tokens. */
export const rotateKeys: Command = {
  usage: 'rotate-keys [--sign-after <seconds>]',
  does: 'Makes the next signing key: published at once, it signs after 600 seconds or as said.',

  async run(args, { env, terminal }) {
    const { values } = parseArgs({ args, options: { 'sign-after': { type: 'string', default: '600' } } });
    if (!/^\d{1,7}$/.test(values['sign-after'])) throw new Error('--sign-after must be a number of seconds.');
    const { algorithm, jwtPrivateKeysDir: directory, accessTokenTtl } = env.auth;
    if (algorithm === 'HS256' || !directory) {
      throw new Error(
        'There are no keys to rotate under HS256. Set ALGORITHM and JWT_PRIVATE_KEYS_DIR; or change SECRET_KEY and name the old one in SECRET_KEY_PREVIOUS.',
      );
    }
    const signAfter = Number(values['sign-after']);
    const { kid, signsFrom, removed } = await rotate({ directory, algorithm, signAfter, accessTokenTtl });
    terminal.print(`Made the key ${kid}; it signs from ${signsFrom.toISOString()}.`);
    for (const old of removed) terminal.print(`Removed the key ${old}: its last token has ended.`);
  },
};
