import { setTimeout as sleep } from 'node:timers/promises';
import { SettingsError } from '../env.js';
import { errorText } from '../problem/error-text.js';
import { version } from '../version.js';
import type { Environment } from '../env.js';
import type { Command, CommandContext } from './command.js';
import { type Check, type Finding, well, wrong } from './doctor/check.js';
import { checksOf } from './doctor/checks.js';
import { nodeCheck, threadsCheck } from './doctor/machine-checks.js';
import type { Terminal } from './terminal.js';

/** What may a check take, in ms. They all begin at once. */
const PATIENCE = 10_000;
const MARKS = { well: '✓', look: '!', wrong: '✗' };

/** Looks at everything that the service needs, and says what is wrong and what to do. It changes nothing. */
export const doctor: Command = {
  usage: 'doctor [--host]',
  does: 'Looks at all that the service needs, and says what is wrong and what to do about it; with --host, in the folder of an application that imports Astra.',

  async run(_args, context) {
    const { terminal } = context;
    const [settings, env] = readSettings(context);
    const others = env && checksOf(env, terminal.notice);
    try {
      const checks = [
        { name: 'Settings', run: () => settings },
        nodeCheck,
        threadsCheck,
        ...(others?.checks ?? []),
      ];
      // All at once, and told in their order.
      const found = checks.map(async (check) => ({ check, finding: await bounded(check) }));
      const count = { well: 0, look: 0, wrong: 0 };
      const left: string[] = [];
      terminal.print(`Astra ${version}`);
      terminal.print('');
      for (const one of found) {
        const { check, finding } = await one;
        if (finding === undefined) left.push(check.name);
        else {
          count[finding.level] += 1;
          show(check.name, finding, terminal);
        }
      }
      if (left.length > 0)
        terminal.print(`- Not looked at, for want of what is wrong above: ${left.join(', ')}`);
      terminal.print('');
      terminal.print(`${count.well} well, ${count.look} to be looked at, ${count.wrong} wrong`);
      return count.wrong > 0 ? 1 : 0;
    } finally {
      await others?.close();
    }
  },
};

/** @returns what is to be said of the settings and, if they are right, the settings. */
function readSettings(context: CommandContext): [Finding, Environment?] {
  try {
    const { env } = context;
    if (env.guest) return [well('DATABASE_URL and SECRET_KEY of the application'), env];
    return [well(env.production ? 'all right, for production' : 'all right, for development'), env];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const says = ['not all right, so that the service does not start:', ...error.problems].join('\n  ');
    return [wrong(says, 'Mend them in the environment or in .env; .env.example has all of them.')];
  }
}

async function bounded({ run }: Check): Promise<Finding | undefined> {
  const answered = new AbortController();
  const late = sleep(PATIENCE, undefined, { signal: answered.signal }).then(() =>
    wrong(
      `no answer within ${PATIENCE / 1000} s`,
      'See whether the machine it asks is overloaded, or a firewall drops what is sent.',
    ),
  );
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    return wrong(errorText(error), 'See what is wrong above; if nothing is, this may be a mistake in Astra.');
  } finally {
    answered.abort();
  }
}

function show(name: string, { level, says, next }: Finding, { print }: Terminal): void {
  const [first, ...others] = says.split('\n');
  print(`${MARKS[level]} ${name.padEnd(14)}${first}`);
  for (const line of others) print(`${' '.repeat(16)}${line}`);
  if (next !== undefined) print(`${' '.repeat(16)}→ ${next}`);
}
