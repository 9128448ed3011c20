import { resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { measureConsole } from './console.js';
import type { Traffic } from './load.js';
import { measureFlood } from './operation/flood.js';
import { measureImports } from './operation/imports.js';
import { type Fleet, measureInstances } from './operation/instances.js';
import { measureMemory } from './operation/memory.js';
import { measureNotices } from './operation/notices.js';
import { AS_SHIPPED, type Order } from './operation/order.js';
import { measureRemembered } from './operation/remembered.js';
import { measureSessions } from './operation/sessions.js';
import { measureStart } from './operation/start.js';
import { report } from './report.js';
import { type Contest, hold, WARM_UP } from './rounds.js';
import type { ServerProcess } from './server-process.js';
import { measureSignIn } from './sign-in.js';
import { measureSize, reportSize } from './size.js';
import { makeApiKey, showMe, Stage } from './stage.js';

const USAGE = `npm run bench -- [options]        On Linux, as CPU times are read from /proc.

  --rounds <n>       how often each server is measured (5)
  --seconds <n>      for how long each time (2)
  --only <part>      me, log, refresh, sign-in, size, console, which needs Chromium, or one of operation: memory, imports,
                     start, flood, instances, notices, sessions, remembered (all but those of operation)
  --users <n>        with how many users lists are measured (1000000)
  --fewer <n>        and with how many they are compared (1000)
  --sessions <n>     with how many sessions refreshes and memory are measured (1000000)
  --out <folder>     where the tables go (bench/results)
  --keep <folder>    where the databases go, not to be removed: users who are there are not made again (a new folder)
  --cpu-prof <dir>   have Astra write a profile there, for Chrome's developer tools`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    users: { type: 'string', default: '1000000' },
    fewer: { type: 'string', default: '1000' },
    sessions: { type: 'string', default: '1000000' },
    out: { type: 'string', default: 'bench/results' },
    keep: { type: 'string' },
    'cpu-prof': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [rounds, seconds, users] = [values.rounds, values.seconds, values.users].map(Number);
const [fewer, sessions] = [values.fewer, values.sessions].map(Number);
const contests = { me: contestOfMe, log: contestOfLog, refresh: contestOfRefresh };
const operation: Record<string, (order: Order) => Promise<string>> = {
  memory: (order) => measureMemory(stage, order),
  imports: measureImports,
  notices: measureNotices,
  start: (order) => measureStart(stage, order),
  flood: (order) => measureFlood(stage, order),
  instances: (order) => measureInstances(stage, fleets(), order),
  sessions: (order) => measureSessions(stage, sessions, order),
  remembered: (order) => measureRemembered(stage, sessions, order),
};
const isContest = (name: string): name is keyof typeof contests => Object.hasOwn(contests, name);
const isPart =
  ['', 'size', 'sign-in', 'console'].includes(values.only) ||
  isContest(values.only) ||
  Object.hasOwn(operation, values.only);

if (values.help || !(rounds >= 1 && seconds > 0 && users >= 1 && fewer >= 1 && sessions >= 1 && isPart)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const stage = await Stage.open(values.keep);
const giveUp = async (reason: string) => {
  console.error(reason);
  await stage.close();
  process.exit(1);
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void giveUp('Interrupted.'));
// Errors of the client's callbacks end up here.
process.once('uncaughtException', (error) => void giveUp(String(error.stack)));
// Two or three times the expected duration.
const limit =
  90 + 6 * (WARM_UP + rounds * seconds) + (isContest(values.only) ? 0 : 600 + (users + sessions) / 1000);
setTimeout(() => void giveUp(`Not done after ${limit} s.`), limit * 1000).unref();

const begin = performance.now();
const notice = (line: string) =>
  console.error(`${((performance.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${line}`);

try {
  notice('Starting Postgres');
  const postgres = await stage.startPostgres();
  if (values.only === '' || isContest(values.only)) console.log(await holdContests(postgres));
  if (['', 'sign-in'].includes(values.only)) {
    const circumstances = { folder: values.out, rounds: Math.max(rounds, 9), postgres };
    console.log(await measureSignIn(stage, await startQuiet(), circumstances, notice));
  }
  const measure = operation[values.only];
  if (measure) console.log(await measure({ folder: values.out, rounds, seconds, postgres, notice }));
  if (['', 'size'].includes(values.only)) {
    const outcome = await measureSize(stage, [fewer, users], notice);
    console.log(await reportSize(values.out, postgres, outcome));
  }
  if (['', 'console'].includes(values.only)) {
    console.log(await measureConsole(stage, { folder: values.out, users, postgres }, notice));
  }
} finally {
  await stage.close();
}
process.exit();

/** Starts the service, with a profile if it is requested. */
function startAstra(env?: Record<string, string>): Promise<ServerProcess> {
  const profile = values['cpu-prof'];
  return stage.startAstra(profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : [], env);
}

/** Starts the service without a log, as the hand-written servers have none. */
function startQuiet(): Promise<ServerProcess> {
  return startAstra({ LOG_LEVEL: 'warn' });
}

async function holdContests(postgres: string): Promise<string> {
  const astra = await startQuiet();
  const logging = await startAstra();
  notice('Signing people in');
  await stage.signPeopleIn(astra);
  const chosen = isContest(values.only) ? [contests[values.only]] : Object.values(contests);
  const outcomes = [];
  for (const contest of chosen)
    outcomes.push(await hold(await contest(astra, logging), rounds, seconds, notice));
  return report(values.out, { rounds, seconds, postgres }, outcomes);
}

function fleets(): Fleet[] {
  const astra = () => stage.startAstra(AS_SHIPPED, { LOG_LEVEL: 'warn' });
  const refreshes = async () => chainsOf(await stage.makeHandWrittenSessions());
  return [
    { start: astra, requests: { 'GET /users/me': trafficOfMe, 'POST /auth/refresh': trafficOfRefresh } },
    {
      start: () => stage.startHandWritten('verify'),
      requests: { 'GET /users/me, Fastify and jsonwebtoken': trafficOfMe },
    },
    {
      start: () => stage.startHandWritten('refresh'),
      requests: { 'POST /auth/refresh, Fastify, one UPDATE and jsonwebtoken': refreshes },
    },
  ];
}

function trafficOfMe(): Traffic {
  const tokens = stage.tokens.map(({ access_token }) => access_token);
  let turn = 0;
  return {
    method: 'GET',
    path: '/api/v1/users/me',
    next: () => ({ headers: { authorization: `Bearer ${tokens[turn++ % tokens.length]}` } }),
  };
}

/** `GET /users/me`: all contestants return the same responses to the same tokens. */
async function contestOfMe(astra: ServerProcess, logging: ServerProcess): Promise<Contest> {
  const tokens = stage.tokens.map(({ access_token }) => access_token);
  const traffic = trafficOfMe();
  const keys = await Promise.all(tokens.map((token) => makeApiKey(astra.origin, token)));
  let keyTurn = 0;
  const byKey: Traffic = {
    ...traffic,
    next: () => ({ headers: { authorization: `Bearer ${keys[keyTurn++ % keys.length]}` } }),
  };
  const verify = await stage.startHandWritten('verify');
  const jose = await stage.startHandWritten('verify-jose');
  const select = await stage.startHandWritten('select');
  const expected = await showMe(astra.origin, tokens[0]);
  if (!isDeepStrictEqual(await showMe(astra.origin, keys[0]), expected))
    throw new Error('The answer to an API key differs');
  for (const { origin } of [verify, jose, select]) {
    const shown = await showMe(origin, tokens[0]);
    if (!isDeepStrictEqual(shown, expected)) throw new Error(`Answers differ: ${JSON.stringify(shown)}`);
  }
  return {
    name: 'GET /users/me',
    contestants: [
      { name: 'Astra', server: astra, traffic },
      { name: 'Astra, by API key', server: astra, traffic: byKey },
      { name: 'Astra, with a log line a request', server: logging, traffic },
      { name: 'Fastify, jsonwebtoken', server: verify, traffic },
      { name: 'Fastify, jose', server: jose, traffic },
      { name: 'Fastify, jsonwebtoken, one SELECT', server: select, traffic },
    ],
  };
}

/** `GET /users/me` of servers that log each request, with the same fields. */
async function contestOfLog(_: ServerProcess, logging: ServerProcess): Promise<Contest> {
  const verify = await stage.startHandWritten('verify-log');
  const traffic = trafficOfMe();
  return {
    name: 'GET /users/me, with a log line a request',
    contestants: [
      { name: 'Astra', server: logging, traffic },
      { name: 'Fastify, jsonwebtoken, pino', server: verify, traffic },
    ],
  };
}

/** `POST /auth/refresh`: each request exchanges the newest token of its session. */
async function contestOfRefresh(astra: ServerProcess, logging: ServerProcess): Promise<Contest> {
  const server = await stage.startHandWritten('refresh');
  const theirs = await stage.makeHandWrittenSessions();
  const ours = trafficOfRefresh();
  return {
    name: 'POST /auth/refresh',
    contestants: [
      { name: 'Astra', server: astra, traffic: ours },
      { name: 'Astra, with a log line a request', server: logging, traffic: ours },
      { name: 'Fastify, one UPDATE, jsonwebtoken', server, traffic: chainsOf(theirs) },
    ],
  };
}

function trafficOfRefresh(): Traffic {
  return chainsOf(stage.tokens.map(({ refresh_token }) => refresh_token));
}

/** @param tokens - The newest of each session; kept so. */
function chainsOf(tokens: string[]): Traffic {
  return {
    method: 'POST',
    path: '/api/v1/auth/refresh',
    next() {
      const token = tokens.shift();
      if (!token) throw new Error('More requests at once than sessions');
      return {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token: token }),
      };
    },
    answered(body) {
      tokens.push((JSON.parse(body) as { refresh_token: string }).refresh_token);
    },
  };
}
