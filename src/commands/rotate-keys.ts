import { parseArgs } from 'node:util';
import { rotateKeys as rotate } from '../auth/tokens/keys/rotate-keys.js';
import type { Command } from './command.js';

/** Creates the next signing key of access tokens. */
export const rotateKeys: Command = {
  usage: 'rotate-keys [--sign-after <seconds>]',
  does: 'Creates the next signing key. It is published at once and signs after 600 seconds, or after --sign-after.',

  async run(args, { env, terminal }) {
    const { values } = parseArgs({ args, options: { 'sign-after': { type: 'string', default: '600' } } });
    if (!/^\d{1,7}$/.test(values['sign-after'])) throw new Error('--sign-after must be a number of seconds.');
    const { algorithm, jwtPrivateKeysDir: directory, accessTokenTtl } = env.auth;
    if (algorithm === 'HS256' || !directory) {
      throw new Error(
        'HS256 has no keys to rotate. Set ALGORITHM and JWT_PRIVATE_KEYS_DIR, or change SECRET_KEY and set SECRET_KEY_PREVIOUS to the old one.',
      );
    }
    const signAfter = Number(values['sign-after']);
    const { kid, signsFrom, removed } = await rotate({ directory, algorithm, signAfter, accessTokenTtl });
    terminal.print(`Created the key ${kid}, which signs from ${signsFrom.toISOString()}.`);
    for (const old of removed) terminal.print(`Removed the key ${old}: its last token has expired.`);
  },
};
