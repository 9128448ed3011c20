import { setTimeout as sleep } from 'node:timers/promises';
import { SettingsError } from '../../env.js';
import { errorText } from '../../http/problem/error-text.js';
import { counted } from '../../service/counted.js';
import { version } from '../../version.js';
import type { Environment } from '../../env.js';
import type { Command, CommandContext } from '../command.js';
import { type Check, type Finding, well, wrong } from './check.js';
import { checksOf } from './all-checks.js';
import { nodeCheck, threadsCheck } from './machine-checks.js';
import type { Terminal } from '../terminal/terminal.js';

/** Time limit of a check in ms. All checks start at the same time. */
const PATIENCE = 10_000;
const MARKS = { well: '✓', look: '!', wrong: '✗' };

/** Checks everything that the service needs, reports problems, and suggests fixes. Changes nothing. */
export const doctor: Command = {
  usage: 'doctor [--host]',
  does: 'Checks everything the service needs, reports problems and suggests fixes. With --host, checks an application that imports Astra.',

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
      // Run in parallel, reported in order.
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
      if (left.length > 0) terminal.print(`- Skipped because of the failures above: ${left.join(', ')}`);
      terminal.print('');
      terminal.print(
        `${count.well} ok, ${counted(count.look, 'warning', 'warnings')}, ${count.wrong} failed`,
      );
      return count.wrong > 0 ? 1 : 0;
    } finally {
      await others?.close();
    }
  },
};

/**
 * Reads the settings.
 *
 * @returns the finding about them and, if they are valid, the settings.
 */
function readSettings(context: CommandContext): [Finding, Environment?] {
  try {
    const { env } = context;
    if (env.guest) return [well('DATABASE_URL and SECRET_KEY of the application'), env];
    return [well(env.production ? 'valid, for production' : 'valid, for development'), env];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const says = ['invalid, so the service does not start:', ...error.problems].join('\n  ');
    return [
      wrong(says, 'Correct them in the environment or in .env. All settings are listed in .env.example.'),
    ];
  }
}

/** Runs a check with a time limit. An exception becomes a failure. */
async function bounded({ run }: Check): Promise<Finding | undefined> {
  const answered = new AbortController();
  const late = sleep(PATIENCE, undefined, { signal: answered.signal }).then(() =>
    wrong(
      `no answer within ${PATIENCE / 1000} s`,
      'Check whether the remote machine is overloaded, or whether a firewall drops the connection.',
    ),
  );
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    return wrong(errorText(error), 'See the failures above. If there are none, this may be a bug in Astra.');
  } finally {
    answered.abort();
  }
}

/** Prints a finding, with its lines and the suggested fix aligned below its name. */
function show(name: string, { level, says, next }: Finding, { print }: Terminal): void {
  const [first, ...others] = says.split('\n');
  print(`${MARKS[level]} ${name.padEnd(14)}${first}`);
  for (const line of others) print(`${' '.repeat(16)}${line}`);
  if (next !== undefined) print(`${' '.repeat(16)}→ ${next}`);
}
