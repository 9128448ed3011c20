import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { RegistrationService } from '../src/auth/registration/registration.service.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { GiveUpError, type JobContext, JobType } from '../src/jobs/job-type.js';
import { currentRequestId, onBehalfOf } from '../src/http/request/request-context.js';
import { eventually } from './support/eventually.js';
import { JobWorker } from './support/job-worker.js';
import { TestDatabase } from './support/test-database.js';
import { ada, TestService } from './support/test-service.js';

interface Greeting {
  name: string;
}

/** What was done, in the order of its end. */
interface Done extends Greeting {
  id: string;
  requestId: string | undefined;
}

describe('Jobs', () => {
  const greet = new JobType<Greeting>('greet');
  let database: TestDatabase;
  let worker: JobWorker;
  let done: Done[] = [];
  let fail: (greeting: Greeting, context: JobContext) => Promise<void> = async () => undefined;

  const add = (name: string, options?: { runAt?: Date; key?: string }) =>
    worker.db.transaction((tx) => worker.jobs.enqueue(greet, { name }, tx, options));
  const names = () => done.map(({ name }) => name);
  const rows = () => database.query(`SELECT * FROM astra_jobs.job WHERE name IN ('greet', 'dead')`);

  beforeAll(async () => {
    database = await TestDatabase.create();
    worker = await JobWorker.start(database.connection, {}, (jobs) =>
      jobs.handle(greet, async (greeting, context) => {
        await fail(greeting, context);
        done.push({ ...greeting, id: context.id, requestId: currentRequestId() });
      }),
    );
  });

  beforeEach(async () => {
    done = [];
    fail = async () => undefined;
    await database.query('DELETE FROM astra_jobs.job');
  });

  afterAll(async () => {
    await worker.stop();
    await database.drop();
  });

  it('does a job at once when its transaction commits, and not before', async () => {
    await worker.db.transaction(async (tx) => {
      await worker.jobs.enqueue(greet, { name: 'ada' }, tx);
      await sleep(200);
      expect(done).toEqual([]);
    });
    await eventually(async () => expect(names()).toEqual(['ada']), 500);
  });

  it('forgets a job whose transaction is rolled back', async () => {
    const failure = new Error('rolled back');
    const rolledBack = worker.db.transaction(async (tx) => {
      await worker.jobs.enqueue(greet, { name: 'nobody' }, tx);
      throw failure;
    });
    await expect(rolledBack).rejects.toBe(failure);
    await add('ada');
    await eventually(async () => expect(names()).toEqual(['ada']));
  });

  it('adds no job outside of a transaction', async () => {
    await expect(worker.jobs.enqueue(greet, { name: 'ada' }, worker.db.manager)).rejects.toThrow(
      'inside a transaction',
    );
  });

  it('keeps nothing of a job that is done', async () => {
    await add('ada');
    await eventually(async () => expect(names()).toEqual(['ada']));
    await eventually(async () => expect(await rows()).toEqual([]));
  });

  it('tries a failed job again under the same id', async () => {
    const ids: string[] = [];
    fail = async (_, { id }) => {
      if (ids.push(id) === 1) throw new Error('not today');
    };
    await add('ada');
    await eventually(async () => expect(names()).toEqual(['ada']), 8_000);
    expect(ids).toEqual([done[0].id, done[0].id]);
  });

  it('keeps a job that was given up aside, with the reason', async () => {
    fail = async () => {
      throw new GiveUpError('nobody of this name');
    };
    await add('ada');
    await eventually(async () => {
      expect(await rows()).toContainEqual(
        expect.objectContaining({
          name: 'dead',
          state: 'created',
          data: { payload: { name: 'ada' } },
          source_name: 'greet',
          source_output: { message: 'nobody of this name' },
        }),
      );
    });
  });

  it('does a job no earlier than it is to run', async () => {
    const runAt = new Date(Date.now() + 1_500);
    await add('later', { runAt });
    await add('now');
    await eventually(async () => expect(names()).toEqual(['now', 'later']), 5_000);
    expect(Date.now()).toBeGreaterThanOrEqual(runAt.getTime());
  });

  it('replaces a job that waits under the same key', async () => {
    const runAt = new Date(Date.now() + 500);
    await add('old', { key: 'a', runAt });
    await add('other', { key: 'b', runAt });
    await add('new', { key: 'a', runAt });
    await eventually(async () => expect(names().sort()).toEqual(['new', 'other']), 5_000);
  });

  it('carries the id of the request that caused it', async () => {
    await onBehalfOf({ requestId: 'request-1' }, () => add('ada'));
    await add('bob');
    await eventually(async () => expect(done).toHaveLength(2));
    expect(done).toContainEqual(expect.objectContaining({ name: 'ada', requestId: 'request-1' }));
    expect(done).toContainEqual(expect.objectContaining({ name: 'bob', requestId: undefined }));
  });

  it('discards jobs by what they hold, also those that were given up', async () => {
    fail = async ({ name }) => {
      if (name === 'ada') throw new GiveUpError('no');
    };
    await add('ada');
    const isDead = async () => expect(await rows()).toContainEqual(expect.objectContaining({ name: 'dead' }));
    await eventually(isDead);
    const runAt = new Date(Date.now() + 60_000);
    await add('ada', { runAt });
    await add('bob', { runAt });
    await worker.db.transaction((tx) => worker.jobs.discard(greet, { name: 'ada' }, tx));
    expect((await rows()).map(({ data }) => data)).toEqual([{ payload: { name: 'bob' } }]);
  });

  it('goes on after its connections were cut', async () => {
    await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'astra-jobs' AND datname = current_database()`);
    await add('ada');
    await eventually(async () => expect(names()).toEqual(['ada']), 5_000);
    await add('bob');
    await eventually(async () => expect(names()).toEqual(['ada', 'bob']), 5_000);
  });

  it('does not do a job again because the database could not be told that it was done', async () => {
    const rename = (from: string, to: string) =>
      database.query(`ALTER TABLE astra_jobs.${from} RENAME TO ${to}`);
    fail = async () => void (await rename('job_common', 'away'));
    await add('ada');
    await eventually(async () => expect(names()).toEqual(['ada']));
    await sleep(700);
    await rename('away', 'job_common');
    await eventually(async () => expect(await rows()).toEqual([]), 3_000);
    expect(names()).toEqual(['ada']);
  });
});

describe('The id of a request', () => {
  it('is known to what the request sets going, also after a body was read', async () => {
    const service = await TestService.start();
    const registration = service.app.get(RegistrationService, { strict: false });
    const register = registration.register.bind(registration);
    let seen: string | undefined;
    registration.register = async (...registrant) => {
      const user = await register(...registrant);
      seen = currentRequestId();
      return user;
    };
    const { headers } = await service.post('/auth/register', ada);
    await service.stop();
    expect(seen).toBe(headers.get('x-request-id'));
    expect(currentRequestId()).toBeUndefined();
  });
});

describe('Jobs of several processes', () => {
  const count = new JobType<{ number: number }>('count');
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create();
  });

  afterAll(() => database.drop());

  it('are done once each', async () => {
    const done: [worker: string, number: number][] = [];
    const start = (name: string) =>
      JobWorker.start(database.connection, {}, (jobs) =>
        jobs.handle(count, async ({ number }) => {
          await sleep(5);
          done.push([name, number]);
        }),
      );
    const [first, second] = await Promise.all([start('first'), start('second')]);
    await first.db.transaction(async (tx) => {
      for (let number = 0; number < 200; number++) await first.jobs.enqueue(count, { number }, tx);
    });
    await eventually(async () => expect(done).toHaveLength(200), 10_000);
    await Promise.all([first.stop(), second.stop()]);

    expect(new Set(done.map(([, number]) => number)).size).toBe(200);
    expect(new Set(done.map(([name]) => name))).toEqual(new Set(['first', 'second']));
  });

  it('wait for a process that works', async () => {
    const done: number[] = [];
    const register = (jobs: JobWorker['jobs']) =>
      jobs.handle(count, async ({ number }) => void done.push(number));
    const web = await JobWorker.start(database.connection, { worker: false }, register);
    await web.db.transaction((tx) => web.jobs.enqueue(count, { number: 1 }, tx));
    await sleep(500);
    expect(done).toEqual([]);

    const worker = await JobWorker.start(database.connection, {}, register);
    await eventually(async () => expect(done).toEqual([1]), 5_000);
    await Promise.all([web.stop(), worker.stop()]);
  });

  it('are finished before their process stops, or left to another', async () => {
    const done: number[] = [];
    const began: number[] = [];
    const worker = await JobWorker.start(database.connection, {}, (jobs) =>
      jobs.handle(count, async ({ number }, { signal }) => {
        began.push(number);
        await sleep(400, undefined, number === 2 ? { signal } : {});
        done.push(number);
      }),
    );
    await worker.db.transaction(async (tx) => {
      for (const number of [1, 2]) await worker.jobs.enqueue(count, { number }, tx);
    });
    await eventually(async () => expect(began).toHaveLength(2));
    await worker.stop();
    expect(done).toEqual([1]);
    const left = await database.query(`SELECT state, data FROM astra_jobs.job WHERE name = 'count'`);
    expect(left).toEqual([{ state: 'retry', data: { payload: { number: 2 } } }]);
  });

  it('are run by schedule in one of them', async () => {
    const runs: string[] = [];
    const start = (name: string) =>
      JobWorker.start(database.connection, {}, (jobs) =>
        jobs.schedule('sweep', '* * * * *', async () => void runs.push(name)),
      );
    const startedAt = Date.now();
    const workers = [await start('first'), await start('second')];
    await eventually(async () => expect(runs).not.toEqual([]), 40_000);
    await sleep(1_500);
    await Promise.all(workers.map((worker) => worker.stop()));
    // The minute before the start is made up for; each that begins since then is one more.
    const minutes = Math.floor(Date.now() / 60_000) - Math.floor(startedAt / 60_000) + 1;
    expect(runs.length).toBeLessThanOrEqual(minutes);
  });

  it('have their queues and schedules written only where they differ from what this version wants', async () => {
    const start = (cron: string) =>
      JobWorker.start(database.connection, {}, (jobs) => {
        jobs.handle(new JobType('kept', { retries: 7 }), async () => undefined);
        jobs.schedule('kept-at-times', cron, async () => undefined);
      });
    const left = () =>
      database.query(`SELECT queue.name, queue.updated_on, retry_limit, schedule.updated_on AS scheduled, cron
        FROM astra_jobs.queue LEFT JOIN astra_jobs.schedule USING (name) WHERE queue.name ~ '^kept' ORDER BY 1`);
    const columns = ({ name, retry_limit, cron }: Record<string, unknown>) => [name, retry_limit, cron];
    await (await start('1 2 * * *')).stop();
    const first = await left();
    expect(first.map(columns)).toEqual([
      ['kept', 7, null],
      ['kept-at-times', 3, '1 2 * * *'],
    ]);
    await (await start('1 2 * * *')).stop();
    expect(await left()).toEqual(first);
    await database.query(`UPDATE astra_jobs.queue SET retry_limit = 1 WHERE name = 'kept'`);
    await database.query(
      `UPDATE astra_jobs.schedule SET options = '{"tz": "UTC"}' WHERE name = 'kept-at-times'`,
    );
    await (await start('1 2 * * *')).stop();
    expect(
      await database.query(`SELECT options FROM astra_jobs.schedule WHERE name = 'kept-at-times'`),
    ).toEqual([{ options: { tz: 'UTC', missed: 'once' } }]);
    await (await start('3 4 * * *')).stop();
    expect((await left()).map(columns)).toEqual([
      ['kept', 7, null],
      ['kept-at-times', 3, '3 4 * * *'],
    ]);
  });

  it('need no rights beyond reading and writing rows', async () => {
    const role = `astra_app_${database.connection.database}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'app'`);
    await database.query(`GRANT USAGE ON SCHEMA astra_jobs TO ${role}`);
    await database.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA astra_jobs TO ${role}`,
    );
    await database.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA astra_jobs TO ${role}`);
    await database.query(`GRANT SELECT ON auth_installation TO ${role}`);
    await database.query(`GRANT SELECT, INSERT, DELETE ON auth_notices TO ${role}`);
    const done: number[] = [];
    const connection = { ...database.connection, username: role, password: 'app' };
    const worker = await JobWorker.start(connection, {}, (jobs) => {
      jobs.handle(new JobType<{ number: number }>('fresh'), async ({ number }) => void done.push(number));
    });
    await worker.db.transaction((tx) => worker.jobs.enqueue(new JobType('fresh'), { number: 1 }, tx));
    await eventually(async () => expect(done).toEqual([1]), 5_000);
    await worker.stop();
    await database.query(`DROP OWNED BY ${role}`);
    await database.query(`DROP ROLE ${role}`);
  });

  it('do not start on a database without their tables', async () => {
    const empty = await TestDatabase.create('template0');
    try {
      await expect(JobWorker.start(empty.connection)).rejects.toThrow('Run "astra migrate" first');
      await new DataSource(dataSourceOptions(empty.connection)).initialize().then((db) => db.destroy());
    } finally {
      await empty.drop();
    }
  });
});
