import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../median.js';
import type { ServerProcess } from '../server-process.js';
import type { Stage } from '../stage.js';
import { AS_SHIPPED, conclude, type Order } from './order.js';
import { latencyOf, paced } from './paced-load.js';

/** Requests of people who are signed in, per second. */
const CALM = 300;
/** Sign-ins per second, as a multiple of what the hash threads can do. */
const TIMES = 5;

/**
 * Floods the service with more sign-ins than it can hash, while people who are signed in use it.
 *
 * @returns a table in Markdown, which is also written to `flood.md` in the folder.
 */
export async function measureFlood(stage: Stage, order: Order): Promise<string> {
  const { rounds, seconds, notice } = order;
  const services = {
    production: await stage.startAstra(AS_SHIPPED),
    development: await stage.startAstra(AS_SHIPPED, { NODE_ENV: 'development' }),
  };
  await stage.signPeopleIn(services.production);
  const results: { name: string; calm: number; me: number; refused: number; share: number; rate: number }[] =
    [];
  for (let round = -1; round < rounds; round++) {
    for (const [name, server] of Object.entries(services)) {
      const capacity = await capacityOf(server, 2);
      const calm = await paced(CALM, seconds, () => showMe(stage, server));
      const [me, flooded] = await Promise.all([
        sleep(300).then(() => paced(CALM, seconds - 0.6, () => showMe(stage, server))),
        paced(capacity * TIMES, seconds, () => guess(server)),
      ]);
      const refused = flooded.filter(({ status }) => status === 503);
      const result = {
        name,
        calm: latencyOf(calm, 0.99),
        me: latencyOf(me, 0.99),
        refused: latencyOf(refused, 0.99),
        share: refused.length / flooded.length,
        rate: capacity * TIMES,
      };
      notice(
        `Flood: ${name}, round ${round + 1}: ${result.rate.toFixed(0)} sign-ins/s, p99 of users/me ${result.calm.toFixed(1)} ms before, ${result.me.toFixed(1)} ms meanwhile, refusals ${result.refused.toFixed(1)} ms`,
      );
      if (round >= 0) results.push(result);
    }
  }
  const rows = Object.keys(services).map((name) => {
    const of = (key: 'calm' | 'me' | 'refused' | 'share' | 'rate') =>
      median(results.filter((result) => result.name === name).map((result) => result[key]));
    return [
      name,
      of('rate').toFixed(0),
      `${(of('share') * 100).toFixed(0)} %`,
      `${of('refused').toFixed(1)} ms`,
      `${of('calm').toFixed(1)} ms`,
      `${of('me').toFixed(1)} ms`,
    ];
  });
  const head = ['', 'sign-ins/s', 'refused', 'refusal, p99', '`/users/me` before, p99', 'meanwhile, p99'];
  return conclude(order, { name: 'flood', head, rows, results: { results } });
}

/** Returns how many sign-ins per second the service hashes. */
async function capacityOf(server: ServerProcess, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let hashed = 0;
  const guesser = async () => {
    for (; performance.now() < until; hashed++) await guess(server);
  };
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, guesser));
  return hashed / seconds;
}

let guesses = 0;

/** Signs in as nobody, which takes as long as a wrong password. */
async function guess(server: ServerProcess): Promise<number> {
  const answer = await fetch(`${server.origin}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: `nobody${guesses++}`, password: 'Analytical1' }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

let turns = 0;

async function showMe(stage: Stage, server: ServerProcess): Promise<number> {
  const { access_token } = stage.tokens[turns++ % stage.tokens.length];
  const answer = await fetch(`${server.origin}/api/v1/users/me`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`GET /users/me answers ${answer.status}`);
  return answer.status;
}
