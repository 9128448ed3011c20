import { loadavg } from 'node:os';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { withoutTimeouts } from '../src/database/connections/without-timeouts.js';
import { orderOf, type UserPosition, type UserSort, writeCursor } from '../src/users/directory/user-order.js';
import { UserDirectory } from '../src/users/directory/user-directory.js';
import { User } from '../src/users/user.entity.js';
import { exactCpuTimeOf } from './cpu-time.js';
import { ADMIN, startPopulated } from './populated.js';
import { machine, onWhat, save, table } from './report.js';
import type { ServerProcess } from './server-process.js';
import { type Question, questions, type Somebody } from './size-questions.js';
import { signIn, type Stage } from './stage.js';

/** Number of times that each question is asked. */
const ROUNDS = 100;
const LIMIT = 20;
const NEWEST_FIRST = '-created_at';
/** Time limit in ms for all repetitions of a slow question, and their minimum number. */
const PATIENCE = 5_000;
const LEAST_ROUNDS = 10;

/** Cost of a question with a number of users. Times are in ms. */
export interface Taken {
  users: number;
  /** Number of results; for questions about different users, the median. */
  found: number;
  /** CPU time of Postgres' process for all queries of a page. */
  cpu: Quantiles;
  /** Time that the client waits for them. */
  database: Quantiles;
  /** The whole request. */
  http: Quantiles;
}

interface Quantiles {
  p50: number;
  p99: number;
}

export interface SizeOutcome {
  group: string;
  name: string;
  rounds: number;
  /** With few users, and with many. */
  taken: Taken[];
}

/** Measures lists of users with two numbers of users in turn, so that other load on the machine affects both. */
export async function measureSize(
  stage: Stage,
  sizes: readonly number[],
  notice: (line: string) => void,
): Promise<{ load: number[]; outcomes: SizeOutcome[] }> {
  const crowds: Crowd[] = [];
  for (const size of sizes) crowds.push(await Crowd.gather(stage, size, notice));
  const load = [loadavg()[0]];
  const outcomes: SizeOutcome[] = [];
  for (const [group, asked] of Object.entries(questions)) {
    for (const question of asked) {
      for (const crowd of crowds) await crowd.begin(question);
      const begin = performance.now();
      let round = 0;
      for (; round < ROUNDS && (round < LEAST_ROUNDS || performance.now() - begin < PATIENCE); round++)
        for (const crowd of crowds) await crowd.ask(round);
      const taken = crowds.map((crowd) => crowd.taken());
      outcomes.push({ group, name: question.name, rounds: round, taken });
      notice(`${group} ${question.name}: ${taken.map(({ cpu }) => cpu.p50.toFixed(1)).join(', ')} ms of CPU`);
      load.push(loadavg()[0]);
    }
  }
  for (const crowd of crowds) await crowd.leave();
  return { load: [Math.min(...load), Math.max(...load)], outcomes };
}

/** Database with a number of users, and the service on it. */
class Crowd {
  private question: Question;
  private token: string;
  private after: UserPosition | undefined;
  private inDatabase = 0;
  private readonly cpu: number[] = [];
  private readonly database: number[] = [];
  private readonly http: number[] = [];
  private readonly found: number[] = [];
  private readonly directory: UserDirectory;

  private constructor(
    private readonly size: number,
    private readonly db: DataSource,
    private readonly server: ServerProcess,
    private readonly people: Somebody[],
    /** Postgres' process for the connection. */
    private readonly backend: number,
  ) {
    this.directory = new UserDirectory(db.getRepository(User));
  }

  static async gather(stage: Stage, size: number, notice: (line: string) => void): Promise<Crowd> {
    const { server, options } = await startPopulated(stage, size, {}, notice);
    const db = await new DataSource(options).initialize();
    const people = await withoutTimeouts(db, (patient) =>
      patient.query<Somebody[]>(
        `SELECT username, email, full_name FROM auth_users
          WHERE full_name IS NOT NULL AND deleted_at IS NULL AND username <> $1 ORDER BY md5(username) LIMIT $2`,
        [ADMIN.username, ROUNDS],
      ),
    );
    const [{ pid }]: [{ pid: number }] = await db.query('SELECT pg_backend_pid() AS pid');
    const crowd = new Crowd(size, db, server, people, pid);
    await crowd.listen();
    return crowd;
  }

  async begin(question: Question): Promise<void> {
    this.question = question;
    // Again for each question, as all of them take longer than an access token is valid.
    this.token = (await signIn(this.server, ADMIN)).access_token;
    const { isDeep, sort = NEWEST_FIRST } = question;
    this.after = isDeep ? await withoutTimeouts(this.db, (db) => middleOf(db, this.size, sort)) : undefined;
    await this.ask(0);
    for (const figures of [this.cpu, this.database, this.http, this.found]) figures.length = 0;
  }

  /** Asks the database, then the service. */
  async ask(round: number): Promise<void> {
    const filter = this.question.filter(this.people[round % this.people.length]);
    const sort = this.question.sort ?? NEWEST_FIRST;
    const cursor = this.after && writeCursor(this.after);

    this.inDatabase = 0;
    const cpuBefore = await exactCpuTimeOf(this.backend);
    const { total } = await this.directory.list(filter, sort, { limit: LIMIT, cursor });
    this.cpu.push((await exactCpuTimeOf(this.backend)) - cpuBefore);
    this.database.push(this.inDatabase);
    this.found.push(total);

    const parameters = new URLSearchParams({ sort, limit: String(LIMIT), ...(cursor && { cursor }) });
    const { q, role, isActive, emailVerified, isDeleted } = filter;
    for (const [name, value] of Object.entries({
      q,
      role,
      is_active: isActive,
      email_verified: emailVerified,
      deleted: isDeleted,
    })) {
      if (value !== undefined) parameters.set(name, String(value));
    }
    const begin = performance.now();
    const answer = await fetch(`${this.server.origin}/api/v1/admin/users?${parameters.toString()}`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    const body = await answer.text();
    this.http.push(performance.now() - begin);
    if (!answer.ok) throw new Error(`${this.question.name}: ${answer.status} ${body}`);
  }

  taken(): Taken {
    return {
      users: this.size,
      found: quantile(this.found, 0.5),
      cpu: quantilesOf(this.cpu),
      database: quantilesOf(this.database),
      http: quantilesOf(this.http),
    };
  }

  leave(): Promise<void> {
    return this.db.destroy();
  }

  /** Adds up how long queries take on the one connection that there is. */
  private async listen(): Promise<void> {
    const runner = this.db.createQueryRunner();
    const client = (await runner.connect()) as pg.PoolClient;
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(client, {
      query: async (...args: unknown[]) => {
        const begin = performance.now();
        try {
          return await query(...args);
        } finally {
          this.inDatabase += performance.now() - begin;
        }
      },
    });
    await runner.release();
  }
}

async function middleOf(db: DataSource, users: number, sort: UserSort): Promise<UserPosition> {
  const { key, keyText, direction } = orderOf(sort);
  const position = await db
    .getRepository(User)
    .createQueryBuilder('user')
    .select('user.id', 'id')
    .addSelect(keyText, 'key')
    .orderBy(key, direction)
    .offset(Math.floor(users / 2))
    .limit(1)
    .getRawOne<UserPosition>();
  if (!position) throw new Error('There is nobody in the middle');
  return position;
}

function quantilesOf(values: number[]): Quantiles {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99) };
}

function quantile(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
}

/** Writes `size.json` and `size.md` into a folder. @returns the tables, in Markdown. */
export async function reportSize(
  folder: string,
  postgres: string,
  { load, outcomes }: Awaited<ReturnType<typeof measureSize>>,
): Promise<string> {
  const where = machine(postgres);
  const groups = Object.groupBy(outcomes, ({ group }) => group);
  const markdown = [
    `${onWhat(where)} Each asked ${outcomes[0].rounds} times, about different people; load of the machine ${load.map((value) => value.toFixed(1)).join(' to ')}.`,
    ...Object.entries(groups).map(([group, of = []]) => tableOf(group, of)),
  ].join('\n\n');
  await save(folder, 'size', { machine: { ...where, load }, outcomes }, markdown);
  return markdown;
}

function tableOf(group: string, outcomes: SizeOutcome[]): string {
  const [few, many] = outcomes[0].taken.map(({ users }) => users.toLocaleString('en').replaceAll(',', ' '));
  const times = ({ p50, p99 }: Quantiles) => [p50, p99].map((value) => value.toFixed(1)).join(' / ');
  const head = [
    group,
    `found of ${many}`,
    `CPU p50 / p99 (ms), of ${few}`,
    `of ${many}`,
    'p50 by p50',
    `waited, of ${many}`,
    `over HTTP, of ${many}`,
  ];
  return table(
    head,
    outcomes.map(({ name, taken: [small, large] }) => [
      name,
      large.found.toLocaleString('en').replaceAll(',', ' '),
      times(small.cpu),
      times(large.cpu),
      (large.cpu.p50 / small.cpu.p50).toFixed(1),
      times(large.database),
      times(large.http),
    ]),
  );
}
