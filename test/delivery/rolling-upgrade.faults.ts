import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Balancer, type Instance } from '../support/balancer.js';
import { eventually } from '../support/eventually.js';
import { Load } from '../support/load.js';
import { Program } from '../support/program.js';
import { type Release, Releases } from '../support/releases.js';
import { connectionUrl, TestDatabase } from '../support/test-database.js';
import { ada, person, SECRET_KEY, type Tokens } from '../support/test-service.js';

let folder: string;
let database: TestDatabase;
let balancer: Balancer;
let releases: Releases;
const programs: Program[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-rolling-'));
  database = await TestDatabase.createIn(`LOCALE 'C'`);
  balancer = await Balancer.start();
  releases = await Releases.build();
});
afterAll(async () => {
  for (const program of programs) program.interrupt();
  await Promise.all(programs.map(({ exit }) => exit));
  await balancer.stop();
  await database.drop();
  await releases.remove();
  await rm(folder, { recursive: true });
});

/** Starts a program of a release, with what it needs to be the service and, to migrate, the owner of the tables. */
function run(release: Release, script: string, ...args: string[]): Program {
  const { username, password = '' } = database.serviceConnection;
  const program = Program.run([process.execPath, releases.path(release, `src/${script}`), ...args], folder, {
    ...{
      SECRET_KEY,
      DATA_DIR: folder,
      PORT: '0',
      DOCS: 'off',
      RATE_LIMIT: 'off',
      SHUTDOWN_DELAY_SECONDS: '2',
    },
    DATABASE_URL: connectionUrl(database.connection),
    ...{ POSTGRES_SERVICE_USER: username, POSTGRES_SERVICE_PASSWORD: password },
  });
  programs.push(program);
  return program;
}

/** Instances of a release, which listen. */
async function startTwo(release: Release): Promise<Running[]> {
  const two = [run(release, 'main.js'), run(release, 'main.js')];
  return Promise.all(
    two.map(async (program) => {
      const url = new URL(await program.says(/API +(\S+)/)).origin;
      return { program, url };
    }),
  );
}

interface Running {
  program: Program;
  url: string;
}

/** Waits until an instance answers requests of the load. */
const serves = (instance: Instance) =>
  eventually(() => Promise.resolve(expect(instance.answered).toBeGreaterThan(10)), 20_000);

/** Replaces instances one after the other, as Kubernetes does: a new one is ready before an old one is stopped. */
async function replace(old: readonly Running[], by: readonly Running[]): Promise<void> {
  for (const [i, { program }] of old.entries()) {
    await serves(balancer.add(by[i].url));
    program.terminate();
    expect(await program.exit).toBe(0);
  }
}

/** Users of the service, each of whom does one thing after the other. */
async function startLoad(): Promise<Load> {
  const ask = async (method: string, path: string, body?: object, token?: string) => {
    // What the machine has is for the starts.
    await sleep(60);
    return fetch(`${balancer.url}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  };
  const login = ({ username, password } = ada) => ask('POST', '/auth/login', { username, password });
  const signUp = async (somebody: typeof ada) => {
    expect((await ask('POST', '/auth/register', somebody)).status).toBe(201);
    return (await (await login(somebody)).json()) as Tokens;
  };
  // Not the one who signs in again and again: too many sessions would end the first ones.
  await signUp(ada);
  const { access_token: token } = await signUp(person('reader'));
  const refreshing = await Promise.all([signUp(person('refresher1')), signUp(person('refresher2'))]);
  let count = 0;
  return new Load([
    () => login(),
    () => ask('POST', '/auth/register', person(`user${count++}`)),
    () => ask('GET', '/users/me', undefined, token),
    () => ask('GET', '/users/me/sessions', undefined, token),
    () => ask('PATCH', '/users/me', { full_name: `Ada ${count}` }, token),
    // A lost or refused refresh would sign its user out, and all later ones would fail.
    ...refreshing.map(({ refresh_token }) => async () => {
      const answer = await ask('POST', '/auth/refresh', { refresh_token });
      if (answer.ok) refresh_token = ((await answer.clone().json()) as Tokens).refresh_token;
      return answer;
    }),
  ]);
}

it('refuses no request while the next release migrates, replaces this one, and is rolled back', async () => {
  await database.query(
    `INSERT INTO auth_users (id, username, email)
     SELECT gen_random_uuid(), 'seeded' || n, 'seeded' || n || '@example.com' FROM generate_series(1, 1000) AS n`,
  );
  const before = await startTwo('this');
  for (const { url } of before) balancer.add(url);
  await eventually(
    () => Promise.resolve(expect(balancer.instances.filter((one) => one.isReady)).toHaveLength(2)),
    5_000,
  );
  const load = await startLoad();

  // A backup holds the tables while the migration wants to change one.
  const backup = new pg.Client({ ...database.connection, user: database.connection.username });
  await backup.connect();
  await backup.query('BEGIN; LOCK TABLE auth_users, auth_sessions IN ACCESS SHARE MODE');
  const migrate = run('next', 'cli.js', 'migrate');
  await migrate.says(/(AddCity9000000000001 waits)/);
  const begun = load.heard.length;
  await eventually(() => Promise.resolve(expect(load.heard.length).toBeGreaterThan(begun + 100)), 20_000);
  await backup.query('COMMIT');
  await backup.end();
  expect({ code: await migrate.exit, said: migrate.output }).toMatchObject({
    code: 0,
    said: expect.stringContaining('Applied CreateVisits9000000000003') as string,
  });

  const [next, after] = await Promise.all([startTwo('next'), startTwo('this')]);
  for (const { program } of after)
    expect(program.output).toContain(
      'The tables have 3 migrations of a newer version, which this version can run on',
    );
  await replace(before, next);
  await replace(next, after);
  await load.stop();

  const { 200: ok, 201: created, ...others } = load.tally();
  expect(others).toEqual({});
  expect(ok).toBeGreaterThan(500);
  // All that was acknowledged is there, with the value that an old instance could not write.
  const [{ count, cities }] = await database.query<{ count: string; cities: string[] }>(
    `SELECT count(*), array_agg(DISTINCT city) AS cities FROM auth_users WHERE username ~ '^user'`,
  );
  expect(Number(count)).toBe(created);
  expect(cities.toSorted()).toEqual(['London', 'unknown']);
  const slowest = Math.max(...load.heard.map(({ took }) => took));
  expect(slowest).toBeLessThan(5_000);
}, 240_000);
