import { setTimeout as sleep } from 'node:timers/promises';
import { exactCpuTimeOf } from './cpu-time.js';
import { median } from './median.js';
import { machine, onWhat, save, table } from './report.js';
import type { ServerProcess } from './server-process.js';
import { post, type Stage } from './stage.js';
import { totpCode } from '../src/testing/totp-code.js';

/**
 * Accounts of each kind. A code works once, so each account signs in again only after all the others. With three valid codes
 * each, these are enough for all rounds: waiting for new codes would count what the service does meanwhile.
 */
const ACCOUNTS = 400;
/** Sign-ins of a measurement, and how many of them run at a time. */
const SIGN_INS = 24;
const AT_A_TIME = 2;
/** Rounds before those that count, enough for the optimizing compiler to settle. */
const WARM_UP_ROUNDS = 12;
const PASSWORD = 'Analytical1';

/** Way to sign in. */
interface Way {
  name: string;
  /** Signs in once, with the account of this number. */
  signIn(turn: number): Promise<void>;
  /** By round. */
  taken: Taken[];
}

/** CPU time of a sign-in, in ms. */
interface Taken {
  /** All threads of the service. */
  all: number;
  main: number;
  hash: number;
  postgres: number;
}

/** In the order of the columns. */
const parts = ['hash', 'main', 'postgres', 'all'] as const;

/**
 * Compares sign-ins with a code of an app to those with a password alone, by the CPU time of the service, the hash of the
 * password included. The ways are measured in turn, so that other load on the machine affects all of them.
 *
 * @returns a table in Markdown, which is also written to `sign-in.md` in the folder.
 */
export async function measureSignIn(
  stage: Stage,
  server: ServerProcess,
  { folder, rounds, postgres }: { folder: string; rounds: number; postgres: string },
  notice: (line: string) => void,
): Promise<string> {
  const secrets = await stage.makeAccounts(server, { password: PASSWORD, count: ACCOUNTS });
  const login = `${server.origin}/api/v1/auth/login`;
  const guarded = (turn: number) => ({ username: `guarded${turn % ACCOUNTS}`, password: PASSWORD });
  /** Waits for the app's next code if all valid ones were used, which takes no CPU time of the service. */
  const codeOf = async (turn: number): Promise<string> => {
    try {
      return totpCode({ totpSecret: secrets[turn % ACCOUNTS] });
    } catch {
      await sleep(1_000);
      return codeOf(turn);
    }
  };
  const expectToken = (body: unknown) => {
    if (!(body as { access_token?: string }).access_token) throw new Error(JSON.stringify(body));
  };
  const ways: Way[] = [
    {
      name: 'password',
      taken: [],
      async signIn(turn) {
        expectToken(await post(login, { username: `plain${turn % ACCOUNTS}`, password: PASSWORD }));
      },
    },
    {
      name: 'password and code, one request',
      taken: [],
      async signIn(turn) {
        expectToken(await post(login, { ...guarded(turn), totp_code: await codeOf(turn) }));
      },
    },
    {
      name: 'password, then code, two requests',
      taken: [],
      async signIn(turn) {
        const { sign_in_token } = (await post(login, guarded(turn), 403)) as { sign_in_token: string };
        expectToken(await post(`${login}/continue`, { sign_in_token, totp_code: await codeOf(turn) }));
      },
    },
  ];

  const times = async (backends: number[]): Promise<Taken> => {
    const { all, main, workers } = await server.threadTimes();
    const ofBackends = await Promise.all(backends.map((pid) => exactCpuTimeOf(pid).catch(() => 0)));
    return { all, main, hash: workers, postgres: ofBackends.reduce((sum, time) => sum + time, 0) };
  };
  let turn = 0;
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    // Connections may have been closed and opened again since.
    const backends = await stage.backends();
    for (let i = 0; i < ways.length; i++) {
      const { name, signIn, taken } = ways[(i + round + WARM_UP_ROUNDS) % ways.length];
      const before = await times(backends);
      for (let done = 0; done < SIGN_INS; done += AT_A_TIME)
        await Promise.all(Array.from({ length: AT_A_TIME }, () => signIn(turn++)));
      const after = await times(backends);
      const of = (part: keyof Taken) => (after[part] - before[part]) / SIGN_INS;
      const cpu: Taken = { all: of('all'), main: of('main'), hash: of('hash'), postgres: of('postgres') };
      const shown = parts.map((part) => `${part} ${cpu[part].toFixed(2)}`);
      notice(`Sign-in: round ${round + 1}, ${name}, ms of CPU: ${shown.join(', ')}`);
      if (round >= 0) taken.push(cpu);
    }
  }

  const [{ taken: plain }] = ways;
  const rows = ways.map(({ name, taken }, i) => [
    name,
    ...parts.map((part) => `${median(taken.map((cpu) => cpu[part])).toFixed(2)} ms`),
    median(taken.map(({ hash, main }) => hash / (hash + main))).toFixed(2),
    i === 0 ? '' : `${median(taken.map(({ all }, k) => all / plain[k].all)).toFixed(2)} ×`,
  ]);
  const markdown = [
    `${onWhat(machine(postgres))} Medians of ${rounds} rounds of ${SIGN_INS} sign-ins, ${AT_A_TIME} at a time.`,
    table(
      [
        'sign-in',
        'hash',
        'main thread',
        'Postgres',
        'service',
        'hash ÷ (hash + main thread)',
        'of a password alone',
      ],
      rows,
    ),
  ].join('\n\n');
  await save(folder, 'sign-in', { machine: machine(postgres), ways }, markdown);
  return markdown;
}
