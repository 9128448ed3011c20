import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Heard, Load } from './support/load.js';
import { OwnPostgres } from './support/own-postgres.js';
import { Program } from './support/program.js';
import { SECRET_KEY } from './support/test-service.js';

const PEOPLE = 12;
const password = 'Analytical1';
/** How soon after the return of Postgres all is as before, in ms. */
const RECOVERY = 2_000;

let postgres: OwnPostgres;
let folder: string;
let service: Program;
let api: string;

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  folder = await mkdtemp(join(tmpdir(), 'astra-faults-'));
  await startService();
  for (let turn = 0; turn < PEOPLE; turn++) {
    const username = `person${turn}`;
    const registered = await send('POST', '/auth/register', {
      body: { username, email: `${username}@example.com`, password },
    });
    if (!registered.ok) throw new Error(await registered.text());
  }
});
afterAll(async () => {
  service.terminate();
  await service.exit;
  await postgres.remove();
  await rm(folder, { recursive: true });
});

async function startService(): Promise<void> {
  const { host, port, username, database } = postgres.connection;
  service = Program.start('main.ts', [], {
    ...{ SECRET_KEY, DATA_DIR: folder, PORT: '0', HOST: '127.0.0.1', RATE_LIMIT: 'off', LOG_LEVEL: 'fatal' },
    DATABASE_URL: `postgres://${username}:secret@${host}:${port}/${database}`,
  });
  api = await service.says(/API +(\S+)/);
}

async function connect(): Promise<pg.Client> {
  const { username: user, ...connection } = postgres.connection;
  const client = new pg.Client({ ...connection, user });
  await client.connect();
  return client;
}

async function query(sql: string): Promise<object[]> {
  const client = await connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

function send(
  method: string,
  path: string,
  { body, token }: { body?: object; token?: string } = {},
): Promise<Response> {
  return fetch(path.startsWith('//') ? new URL(path.slice(1), api) : `${api}${path}`, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
}

interface Tokens {
  access_token: string;
  refresh_token: string;
}

async function signIn(turn: number): Promise<Tokens> {
  const response = await send('POST', '/auth/login', { body: { username: `person${turn}`, password } });
  expect(response.status).toBe(200);
  return (await response.json()) as Tokens;
}

/** A client of each kind for each two people. */
async function clients(): Promise<(() => Promise<Response>)[]> {
  const tokens = await Promise.all(Array.from({ length: PEOPLE }, (_, turn) => signIn(turn)));
  return tokens.map((mine, turn) => {
    switch (turn % 6) {
      case 0:
        return () =>
          send('PATCH', '/users/me', { body: { full_name: `Name ${turn}` }, token: mine.access_token });
      case 1:
        return async () => {
          const response = await send('POST', '/auth/refresh', {
            body: { refresh_token: mine.refresh_token },
          });
          if (response.ok) mine = (await response.clone().json()) as Tokens;
          return response;
        };
      case 2:
        return () => send('POST', '/auth/password/forgot', { body: { email: `person${turn}@example.com` } });
      case 3:
        return () => send('GET', '/users/me/sessions', { token: mine.access_token });
      default:
        return () => send('GET', '/users/me', { token: mine.access_token });
    }
  });
}

/** What nobody may ever hear: something else than 2xx, 4xx and 503 with `Retry-After`. */
const faulty = ({ status, retryAfter }: Heard) =>
  status === undefined || (status >= 500 && !(status === 503 && Number(retryAfter) > 0));

/** What asked after a moment was refused for want of Postgres. */
const refusedAfter = (heard: Heard[], moment: number) =>
  heard.filter(({ status, at, took }) => status === 503 && at - took > moment);

describe('Postgres', () => {
  it('crashes and restarts three times under load, and is missed for two seconds at most', async () => {
    const load = new Load(await clients());
    const recovered: number[] = [];
    for (let round = 0; round < 3; round++) {
      await sleep(1_500);
      await postgres.crash();
      await postgres.comeBack();
      recovered.push(performance.now() + RECOVERY);
      await sleep(RECOVERY + 500);
      expect(refusedAfter(load.heard, recovered[round])).toEqual([]);
    }
    await load.for(500);
    console.log(`Restarts under load: ${JSON.stringify(load.tally())}`);
    expect(load.heard.filter(faulty)).toEqual([]);
    expect(load.tally()).toMatchObject({ 200: expect.any(Number), 503: expect.any(Number) });
  }, 60_000);

  it('is away for 20 seconds: valid tokens hear 503 soon, not 401, and all works again when it is back', async () => {
    const load = new Load(await clients());
    await sleep(500);
    await postgres.crash();
    const gone = performance.now() + 500;
    await sleep(20_000);
    expect((await send('GET', '//health/live')).status).toBe(200);
    expect((await send('GET', '//health/ready')).status).toBe(503);
    const back = performance.now();
    await postgres.comeBack();
    const recovered = performance.now() + RECOVERY;
    await sleep(RECOVERY + 1_000);
    await load.stop();

    const meanwhile = load.heard.filter(({ at, took }) => at - took > gone && at < back);
    const slowest = Math.max(...meanwhile.map(({ took }) => took));
    console.log(`Away: ${JSON.stringify(load.tally(meanwhile))}, the slowest in ${Math.round(slowest)} ms`);
    expect(load.heard.filter(faulty)).toEqual([]);
    expect(Object.keys(load.tally(meanwhile))).toEqual(['503']);
    expect(slowest).toBeLessThan(3_000);
    expect(refusedAfter(load.heard, recovered)).toEqual([]);
    expect((await send('GET', '//health/ready')).status).toBe(200);
  }, 90_000);

  it('keeps every connection busy: whoever waits is refused in time, and others are not held up', async () => {
    const tokens = await Promise.all(Array.from({ length: PEOPLE }, (_, turn) => signIn(turn)));
    const holder = await connect();
    await holder.query('BEGIN; LOCK TABLE auth_users IN ACCESS EXCLUSIVE MODE');
    const rename = (turn: number) => () =>
      send('PATCH', '/users/me', {
        body: { full_name: 'Waiting' },
        token: tokens[turn % PEOPLE].access_token,
      });
    const load = new Load(Array.from({ length: 40 }, (_, turn) => rename(turn)));
    const begun = performance.now();
    while (performance.now() - begun < 6_000) {
      const asked = performance.now();
      expect((await send('GET', '//health/live')).status).toBe(200);
      expect(performance.now() - asked).toBeLessThan(1_000);
      await sleep(200);
    }
    await holder.query('ROLLBACK');
    await holder.end();
    const freed = performance.now();
    await sleep(RECOVERY + 1_000);
    await load.stop();
    const slowest = Math.max(...load.heard.map(({ took }) => took));
    console.log(`Busy: ${JSON.stringify(load.tally())}, the slowest in ${Math.round(slowest)} ms`);
    expect(load.heard.filter(faulty)).toEqual([]);
    expect(load.tally()).toMatchObject({ 200: expect.any(Number), 503: expect.any(Number) });
    expect(slowest).toBeLessThan(8_000);
    expect(refusedAfter(load.heard, freed + RECOVERY)).toEqual([]);
  }, 60_000);
});

/** Refreshes on a connection of its own: as long as there are new ones, some always stand at the door. */
function refreshAlone(refreshToken: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', agent: false as const, headers };
    request(`${api}/auth/refresh`, options, (response) => {
      text(response).then((body) => resolve(new Response(body, { status: response.statusCode })), reject);
    })
      .on('error', reject)
      .end(JSON.stringify({ refresh_token: refreshToken }));
  });
}

describe('SIGTERM', () => {
  it('under load ends the service soon, and what it had accepted is done and answered', async () => {
    await query('DELETE FROM auth_sessions');
    const tokens = await Promise.all(Array.from({ length: PEOPLE }, (_, turn) => signIn(turn)));
    const load = new Load(
      tokens.map((mine) => async () => {
        const response = await refreshAlone(mine.refresh_token);
        if (response.ok) mine = (await response.clone().json()) as Tokens;
        return response;
      }),
    );
    await sleep(1_500);
    const begun = performance.now();
    service.terminate();
    expect(await service.exit).toBe(0);
    const took = performance.now() - begun;
    await load.stop();
    const counts = load.tally();
    console.log(`SIGTERM: ${JSON.stringify(counts)}, ended after ${Math.round(took)} ms`);
    expect(took).toBeLessThan(30_000);
    // Who stood at the door when it was shut was not let in.
    expect(
      Object.keys(counts).filter((kind) => !['200', 'ECONNRESET', 'ECONNREFUSED'].includes(kind)),
    ).toEqual([]);
    expect(await query('SELECT sum(generation)::int AS done FROM auth_sessions')).toEqual([
      { done: counts[200] },
    ]);

    await startService();
    expect((await send('GET', '//health/ready')).status).toBe(200);
  }, 60_000);
});
