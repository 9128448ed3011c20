import { median } from './median.js';
import { table } from './report.js';
import type { ServerProcess } from './server-process.js';
import { Stage } from './stage.js';

/** Many short rounds, so that other load on the machine affects both sides equally. */
const ROUNDS = 20;
const WARM_UP_ROUNDS = 2;
const CONNECTIONS = 8;
/** Requests per round. Refreshes first, because sign-ins displace existing sessions. */
const AMOUNTS = { 'POST /auth/refresh': 500, 'POST /auth/login': 24 };

type Route = keyof typeof AMOUNTS;
const routes = Object.keys(AMOUNTS) as Route[];

/** Rounds of a route, in pairs. */
interface Rounds {
  on: Round[];
  off: Round[];
}

/**
 * Measures the cost of the audit trail for a sign-in and a refresh over HTTP: the service as it is, and without
 * recording.
 */
export async function measureRequests(notice: (line: string) => void): Promise<string> {
  const all: Record<Route, Rounds> = {
    'POST /auth/refresh': { on: [], off: [] },
    'POST /auth/login': { on: [], off: [] },
  };
  // The server that starts first also does the work of one instance, such as jobs, so each is first once.
  for (const first of ['on', 'off'] as const) await hold(first, all, notice);

  return table(
    ['Without → with the trail', 'requests/s', 'with by without, median', 'CPU of the service a request'],
    routes.map((route) => {
      const { on, off } = all[route];
      const requests = on.length * AMOUNTS[route];
      const rate = (rounds: Round[]) => requests / sum(rounds.map(({ seconds }) => seconds));
      const cpu = (rounds: Round[]) => (sum(rounds.map(({ cpuSeconds }) => cpuSeconds)) / requests) * 1000;
      return [
        route,
        `${rate(off).toFixed(0)} → ${rate(on).toFixed(0)}`,
        median(on.map(({ seconds }, i) => off[i].seconds / seconds)).toFixed(3),
        `${cpu(off).toFixed(2)} → ${cpu(on).toFixed(2)} ms`,
      ];
    }),
  );
}

async function hold(
  first: keyof Rounds,
  all: Record<Route, Rounds>,
  notice: (line: string) => void,
): Promise<void> {
  const stage = await Stage.open();
  try {
    await stage.startPostgres();
    const preload = new URL('without-audit.js', import.meta.url).href;
    // Both with the module that the preload changes.
    const start = (name: keyof Rounds) =>
      stage.startAstra(name === 'on' ? [] : ['--import', preload], {}, 'src');
    const second = first === 'on' ? 'off' : 'on';
    const servers: [keyof Rounds, ServerProcess][] = [
      [first, await start(first)],
      [second, await start(second)],
    ];
    await stage.signPeopleIn(servers[0][1]);
    const traffics: Record<Route, Traffic> = {
      'POST /auth/refresh': refreshes(stage.tokens.map(({ refresh_token }) => refresh_token)),
      'POST /auth/login': signIns(),
    };
    for (const route of routes) {
      for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
        for (const [name, server] of round % 2 === 0 ? servers : servers.toReversed()) {
          const measured = await measure(server, traffics[route], AMOUNTS[route]);
          if (round >= 0) all[route][name].push(measured);
        }
      }
      notice(`${route}, ${first} first`);
    }
  } finally {
    await stage.close();
  }
}

interface Round {
  seconds: number;
  cpuSeconds: number;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Requests of one kind, created one by one. */
interface Traffic {
  path: string;
  next(): object;
  answered?(body: { refresh_token: string }): void;
}

async function measure(server: ServerProcess, traffic: Traffic, amount: number): Promise<Round> {
  const before = await server.cpuTime();
  const begin = performance.now();
  let left = amount;
  const send = async () => {
    while (left-- > 0) {
      const answer = await fetch(server.origin + traffic.path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(traffic.next()),
      });
      if (!answer.ok) throw new Error(`${traffic.path} answers ${answer.status}: ${await answer.text()}`);
      const body = (await answer.json()) as { refresh_token: string };
      traffic.answered?.(body);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
  const seconds = (performance.now() - begin) / 1000;
  const after = await server.cpuTime();
  return { seconds, cpuSeconds: after.user + after.system - before.user - before.system };
}

function signIns(): Traffic {
  let turn = 0;
  return {
    path: '/api/v1/auth/login',
    next: () => ({ username: `person${turn++ % 4}`, password: 'Analytical1' }),
  };
}

/** @param tokens - Newest tokens of each session; updated in place. */
function refreshes(tokens: string[]): Traffic {
  return {
    path: '/api/v1/auth/refresh',
    next: () => ({ refresh_token: tokens.shift() }),
    answered: ({ refresh_token }) => tokens.push(refresh_token),
  };
}
