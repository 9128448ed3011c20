import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../server-process.js';
import { send, type Stage, type Tokens } from '../stage.js';
import { COLLECT, heapOf, megabytes } from './heap.js';
import { AS_SHIPPED, conclude, type Order } from './order.js';
import { paced } from './paced-load.js';

/** Mixed requests per second, and of how many of them one is a refresh or a sign-in. */
const RATE = 300;
const ONE_REFRESH_IN = 20;
const ONE_SIGN_IN_IN = 100;
/** Accounts that sign in, in turn. */
const ACCOUNTS = 301;
const PASSWORD = 'Analytical1';
/** Times that the load lasts, each of `seconds`, after each of which the heap is collected and measured. */
const TURNS = 6;

/**
 * Measures the resident memory of the service, idle and under mixed load, started as the image starts it and without its flag.
 *
 * @returns a table in Markdown, which is also written to `memory.md` in the folder.
 */
export async function measureMemory(stage: Stage, order: Order): Promise<string> {
  const { seconds, notice } = order;
  const rows: string[][] = [];
  const results: object[] = [];
  for (const flags of [AS_SHIPPED, []]) {
    const server = await stage.startAstra([...flags, ...COLLECT]);
    if (stage.tokens.length === 0) {
      await stage.signPeopleIn(server);
      await stage.makeAccounts(server, { password: PASSWORD, count: ACCOUNTS });
    }
    await sleep(5_000);
    const idle = megabytes(await server.memory());
    const loaded: number[] = [];
    const heaps: number[] = [];
    const before = await server.cpuTime();
    for (let turn = 0; turn < TURNS; turn++) {
      await mixedLoad(server, stage.tokens, seconds);
      loaded.push(megabytes(await server.memory()));
      heaps.push(megabytes(await heapOf(stage, server)));
      notice(`Memory: ${loaded[turn].toFixed(0)} MB, of it ${heaps[turn].toFixed(1)} MB in use`);
    }
    const after = await server.cpuTime();
    const cpu = (after.user + after.system - before.user - before.system) / (TURNS * seconds * RATE);
    results.push({ flags, idle, loaded, heaps, cpu });
    rows.push([
      flags.join(' ') || 'no flag',
      `${idle.toFixed(0)} MB`,
      `${Math.max(...loaded).toFixed(0)} MB`,
      `${heaps[0].toFixed(1)} to ${heaps[TURNS - 1].toFixed(1)} MB`,
      `${(cpu * 1e6).toFixed(0)} µs`,
    ]);
    await server.stop();
  }
  const of = `${RATE} requests a second for ${TURNS * seconds} s`;
  const head = ['started with', 'idle', 'loaded', 'heap in use, first to last', 'CPU a request'];
  return conclude(order, { name: 'memory', of, head, rows, results: { results } });
}

async function mixedLoad(server: ServerProcess, tokens: Tokens[], seconds: number): Promise<void> {
  let turn = 0;
  let refreshes = 0;
  const refreshing = new Set<Tokens>();
  const api = `${server.origin}/api/v1`;
  /** Reads the whole response. */
  const read = async (answer: Response): Promise<[number, unknown]> => [answer.status, await answer.json()];
  const ask = async () => {
    const number = turn++;
    if (number % ONE_SIGN_IN_IN === 0) {
      const credentials = { username: `plain${number % ACCOUNTS}`, password: PASSWORD };
      return (await read(await send(`${api}/auth/login`, credentials)))[0];
    }
    if (number % ONE_REFRESH_IN === 1) {
      // Each in turn, before its access token expires, and one at a time for each session, as a client does.
      const session = tokens[refreshes++ % tokens.length];
      if (refreshing.has(session)) return 200;
      refreshing.add(session);
      try {
        const { refresh_token } = session;
        const [status, next] = await read(await send(`${api}/auth/refresh`, { refresh_token }));
        if (status === 200) Object.assign(session, next);
        return status;
      } finally {
        refreshing.delete(session);
      }
    }
    const session = tokens[number % tokens.length];
    const headers = { authorization: `Bearer ${session.access_token}` };
    return (await read(await fetch(`${api}/users/me`, { headers })))[0];
  };
  // A busy machine stalls now and then, for longer than a request waits for the database, or for a connection.
  const answers = await paced(RATE, seconds, () => ask().catch(() => 503));
  const failed = answers.filter(({ status }) => status !== 200);
  if (failed.length > answers.length / 100 || failed.some(({ status }) => status !== 503))
    throw new Error(`${failed.length} requests failed, one with ${failed[0].status}`);
}
