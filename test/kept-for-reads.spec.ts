import { DataSource } from 'typeorm';
import {
  asWrite,
  keepConnectionsForReads,
  waitingQueries,
} from '../src/database/connections/kept-for-reads.js';
import { poolOf } from '../src/database/connections/pool.js';
import { readRows } from '../src/database/query-rows.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { User } from '../src/users/user.entity.js';
import { eventually } from './support/eventually.js';
import { servedRoutes } from './support/served-routes.js';
import { TestDatabase } from './support/test-database.js';
import { TestService } from './support/test-service.js';

/** Of five connections, writes have three. */
const CONNECTIONS = 5;
const WRITES = 3;
const PATIENCE = 2_000;

let database: TestDatabase;
let db: DataSource;
beforeEach(async () => {
  database = await TestDatabase.create();
  const options = dataSourceOptions(database.connection);
  db = await new DataSource({
    ...options,
    poolSize: CONNECTIONS,
    connectTimeoutMS: PATIENCE,
  }).initialize();
  // All of them are open before anything is limited in time.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => db.query('SELECT pg_sleep(0.1)')));
  keepConnectionsForReads(db);
});
afterEach(async () => {
  await db.destroy();
  await database.drop();
});

const ways: [way: string, write: (sql: string) => Promise<unknown>][] = [
  ['statements', (sql) => db.query(sql)],
  ['transactions', (sql) => db.transaction((tx) => tx.query(sql))],
  ['statements past TypeORM', (sql) => asWrite(db, () => poolOf(db).query(sql))],
];

it.each(ways)('leaves connections for reads while %s wait', async (_, write) => {
  const running = Array.from({ length: WRITES }, () => write('SELECT pg_sleep(4)'));
  const late = write('SELECT 1').catch((error: Error) => error.message);
  await eventually(async () => expect(waitingQueries(db)).toBe(1));
  const began = performance.now();
  await Promise.all([
    db.getRepository(User).countBy({ username: 'ada' }),
    readRows(db, 'SELECT 1 AS one').then((rows) => expect(rows).toEqual([{ one: 1 }])),
  ]);
  expect(performance.now() - began).toBeLessThan(PATIENCE);
  expect(await late).toBe('timeout exceeded when trying to connect');
  await Promise.all(running);
  expect(waitingQueries(db)).toBe(0);
});

it.each(ways)('has as many connections for %s after errors', async (_, write) => {
  await Promise.all(
    Array.from({ length: 20 }, () => expect(write('SELECT 1/0')).rejects.toThrow('division by zero')),
  );
  await Promise.all(Array.from({ length: 4 * WRITES }, () => write('SELECT pg_sleep(0.05)')));
  expect(waitingQueries(db)).toBe(0);
});

it('has connections again after the server has ended them', async () => {
  const ended = Array.from({ length: WRITES }, () =>
    expect(db.query('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toThrow(/terminat/),
  );
  await Promise.all(ended);
  const work = () => Promise.all(Array.from({ length: 2 * WRITES }, () => db.query('SELECT pg_sleep(0.05)')));
  // The pool may not know yet of an end.
  await eventually(work, 10_000);
});

/** It is recorded in the audit trail. */
const writing = ['GET /api/v1/users/me/export'];

it('answers all routes that only read while writes wait', async () => {
  const service = await TestService.start({ webhooks: true });
  try {
    const { access_token } = await service.signUp();
    await service.database.query(`UPDATE auth_users SET role = 'admin'`);
    const { sub } = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString()) as {
      sub: string;
    };
    const { access_token: token } = await service.signIn();
    const routes = (await servedRoutes(service)).filter((route) => route.startsWith('GET '));
    const accounts = service.app.get(DataSource);
    keepConnectionsForReads(accounts);
    const end = Promise.withResolvers<void>();
    const held = Array.from({ length: 8 }, () => asWrite(accounts, () => end.promise));
    const stuck: string[] = [];
    const read: string[] = [];
    for (const route of routes) {
      const path = route.slice(4).replace(/\{\w+\}/g, sub);
      const signal = AbortSignal.timeout(5_000);
      const headers = { authorization: `Bearer ${token}` };
      try {
        const answer = await fetch(new URL(path, service.origin), { headers, signal, redirect: 'manual' });
        await answer.arrayBuffer();
        if (answer.status === 200) read.push(route);
        if (answer.status >= 500) stuck.push(`${route} ${answer.status}`);
      } catch {
        stuck.push(route);
      }
    }
    end.resolve();
    await Promise.all(held);
    expect(read).toEqual(expect.arrayContaining(['GET /api/v1/admin/users', 'GET /api/v1/users/me']));
    expect(stuck).toEqual(writing);
  } finally {
    await service.stop();
  }
});
