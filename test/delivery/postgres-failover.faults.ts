import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment, type Variables } from '../../src/env.js';
import { ServiceLogger } from '../../src/logs/service-logger.js';
import { serve } from '../../src/service/serve.js';
import pg from 'pg';
import { HaProxy, PgBouncer } from '../support/debian-postgres.js';
import { eventually } from '../support/eventually.js';
import { ReplicatedPostgres } from '../support/replicated-postgres.js';
import { SECRET_KEY, type Tokens } from '../support/test-service.js';

const PEOPLE = 2;
const password = 'Analytical1';
/** How soon after the promotion writes succeed again, in ms; with as much again for a busy machine. */
const RECOVERY = 10_000;

/** Service in this process, with people who use it. */
class Installation {
  readonly people: Person[] = [];
  private stopping = false;
  private working: Promise<void>[] = [];

  private constructor(
    readonly api: string,
    private readonly service: { stop(): Promise<void> },
    readonly lines: string[],
  ) {}

  static async start(variables: Variables): Promise<Installation> {
    const env = readEnvironment({
      ...{
        SECRET_KEY,
        RATE_LIMIT: 'off',
        HOST: '127.0.0.1',
        PORT: '0',
        DOCS: 'off',
        WORKER: 'off',
        ...variables,
      },
    });
    const lines: string[] = [];
    const logger = new ServiceLogger({ ...env, production: true }, (line) => void lines.push(line));
    const service = await serve(env, logger);
    return new Installation(`${service.url}/api/v1`, service, lines);
  }

  /** @param prefix - Of the usernames, for the installations of one database. */
  async register(prefix: string): Promise<void> {
    for (let i = 0; i < PEOPLE; i++) {
      const username = `${prefix}${i}`;
      await this.send('POST', '/auth/register', { username, email: `${username}@example.com`, password });
      const signedIn = await this.send('POST', '/auth/login', { username, password });
      this.people.push(new Person((await signedIn.json()) as Tokens, this));
    }
  }

  send(method: string, path: string, body?: object, token?: string): Promise<Response> {
    return fetch(this.api + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
    });
  }

  /** Has everybody work until {@link rest}. */
  work(): void {
    this.stopping = false;
    this.working = this.people.map(async (person) => {
      while (!this.stopping) {
        await person.work();
        await sleep(5);
      }
    });
  }

  async rest(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.working);
  }

  /** How many answers of each status there were. */
  tally(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { statuses } of this.people)
      for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  /** Waits until each person has made a change after a moment. @returns the time until then, in ms. */
  async recovered(moment: number): Promise<number> {
    for (;;) {
      const last = Math.min(...this.people.map(({ lastWrite }) => lastWrite));
      if (last > moment) return last - moment;
      if (performance.now() > moment + 2 * RECOVERY) throw new Error(this.lines.slice(-20).join('\n'));
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    await this.rest();
    await this.service.stop();
  }
}

/** Somebody who changes the name and refreshes, again and again. */
class Person {
  readonly statuses: number[] = [];
  /** Numbers in the last name that was sent, and in the last one that was acknowledged. */
  sent = 0;
  acknowledged = 0;
  /** When the last change was acknowledged. */
  lastWrite = -Infinity;

  constructor(
    private tokens: Tokens,
    private readonly at: Pick<Installation, 'send'>,
  ) {}

  async work(): Promise<void> {
    const name = { full_name: `Name ${++this.sent}` };
    const changed = await this.note(this.at.send('PATCH', '/users/me', name, this.tokens.access_token));
    if (changed.ok) {
      this.acknowledged = this.sent;
      this.lastWrite = performance.now();
    }
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const answer = await this.note(
      this.at.send('POST', '/auth/refresh', { refresh_token: this.tokens.refresh_token }),
    );
    if (answer.ok) this.tokens = (await answer.json()) as Tokens;
  }

  /** @returns the status. */
  async change(): Promise<number> {
    const body = { full_name: 'Changed' };
    return (await this.at.send('PATCH', '/users/me', body, this.tokens.access_token)).status;
  }

  /** @returns the status. */
  async read(): Promise<number> {
    return (await this.at.send('GET', '/users/me', undefined, this.tokens.access_token)).status;
  }

  /** The number in the stored name. */
  async stored(): Promise<number> {
    const me = await this.note(this.at.send('GET', '/users/me', undefined, this.tokens.access_token));
    if (!me.ok) throw new Error(`${me.status}`);
    const { full_name: name } = (await me.json()) as { full_name: string | null };
    return Number(name?.replace('Name ', ''));
  }

  private async note(sent: Promise<Response>): Promise<Response> {
    const answer = await sent;
    this.statuses.push(answer.status);
    return answer;
  }
}

/** A way from the service to whichever of two servers is the primary. */
interface Way {
  variables: Variables;
  /** Ends what stands in between. */
  stop(): Promise<void>;
}

const severalHosts = ({ url }: ReplicatedPostgres): Promise<Way> =>
  Promise.resolve({ variables: { DATABASE_URL: url }, stop: () => Promise.resolve() });

const at = (port: number): string => `postgres://postgres:secret@127.0.0.1:${port}/postgres`;

const proxied = (_: ReplicatedPostgres, { port }: HaProxy): Promise<Way> =>
  Promise.resolve({ variables: { DATABASE_URL: at(port) }, stop: () => Promise.resolve() });

const pooled =
  (mode: 'session' | 'transaction') =>
  async ({ primary: { connection }, url }: ReplicatedPostgres, { port }: HaProxy): Promise<Way> => {
    const pooler = await PgBouncer.start(mode, { ...connection, port }, { postgres: 'secret' }, connection);
    const direct = mode === 'transaction' && { DATABASE_DIRECT_URL: url };
    return { variables: { DATABASE_URL: at(pooler.port), ...direct }, stop: () => pooler.stop() };
  };

/** Starts a proxy that has asked both servers, and has found the primary. */
async function startProxy(postgres: ReplicatedPostgres): Promise<HaProxy> {
  const ports = await postgres.serveHealth();
  const proxy = await HaProxy.start(
    postgres.servers.map(({ connection: { port } }, i) => ({ port, healthPort: ports[i] })),
  );
  const { username: user, ...connection } = postgres.primary.connection;
  await eventually(async () => {
    const client = new pg.Client({ ...connection, port: proxy.port, user });
    client.on('error', () => undefined);
    await client.connect();
    await client.end();
  }, 30_000);
  return proxy;
}

describe('a primary that is killed under load, while commits wait for the replica that is promoted,', () => {
  const ways: [name: string, go: (postgres: ReplicatedPostgres, proxy: HaProxy) => Promise<Way>][] = [
    ['among several hosts', severalHosts],
    ['behind HAProxy', proxied],
    ['behind PgBouncer in session mode', pooled('session')],
    ['behind PgBouncer in transaction mode, with a direct URL', pooled('transaction')],
  ];
  let postgres: ReplicatedPostgres;
  let proxy: HaProxy;
  const taken: Way[] = [];
  const services = new Map<string, Installation>();
  let killedAt: number;

  beforeAll(async () => {
    postgres = await ReplicatedPostgres.start({ isSynchronous: true });
    proxy = await startProxy(postgres);
    for (const [i, [name, go]] of ways.entries()) {
      taken.push(await go(postgres, proxy));
      const service = await Installation.start(taken[i].variables);
      services.set(name, service);
      await service.register(`way${i}person`);
    }
    for (const service of services.values()) service.work();
    for (const service of services.values()) await service.recovered(performance.now());
    killedAt = performance.now();
    await postgres.primary.kill();
    await postgres.promote();
  }, 240_000);
  afterAll(async () => {
    for (const service of services.values()) await service.stop();
    for (const way of taken) await way.stop();
    await proxy.stop();
    await postgres.stop();
  }, 60_000);

  it.each(ways)('takes no acknowledged write with it, and signs nobody out: %s', async (name) => {
    const service = services.get(name) as Installation;
    const took = await service.recovered(killedAt);
    await service.rest();
    console.log(`${name}: ${JSON.stringify(service.tally())}, back after ${Math.round(took)} ms`);

    expect(took).toBeLessThan(RECOVERY);
    expect(Object.keys(service.tally()).filter((status) => status !== '503')).toEqual(['200']);
    for (const person of service.people) {
      const stored = await person.stored();
      // The last one may have been stored without an acknowledgment.
      expect(stored).toBeGreaterThanOrEqual(person.acknowledged);
      expect(stored).toBeLessThanOrEqual(person.sent);
      await person.refresh();
      expect(person.statuses.at(-1)).toBe(200);
    }
    // The log of a process is that of the last service, but all of them write it.
    const lines = [...services.values()].flatMap((each) => each.lines).join('\n');
    expect(lines).not.toMatch(/"level":"(error|fatal)"|notifications do not arrive/);
  });
});

describe('a primary that is killed while the replica is behind', () => {
  it('takes the last writes with it, and signs out nobody whose session was there before', async () => {
    const postgres = await ReplicatedPostgres.start({ isSynchronous: false });
    const service = await Installation.start({ DATABASE_URL: postgres.url });
    try {
      await service.register('person');
      service.work();
      await service.recovered(performance.now());
      await postgres.follows();
      postgres.link.cut();
      const from = performance.now();
      // Each write from now on is lost.
      for (let i = 0; i < 3; i++) await service.recovered(performance.now());
      await service.rest();
      const acknowledged = service.people.map((person) => person.acknowledged);
      await postgres.primary.kill();
      await postgres.promote();
      const stored = await eventually(
        () => Promise.all(service.people.map((person) => person.stored())),
        RECOVERY,
      );
      const lost = acknowledged.map((number, i) => number - stored[i]);
      console.log(
        `Behind for ${Math.round(performance.now() - from)} ms: lost ${lost.join(', ')} of ${acknowledged.join(', ')}`,
      );
      expect(Math.min(...lost)).toBeGreaterThan(0);

      for (const person of service.people) {
        await person.refresh();
        expect(person.statuses.at(-1)).toBe(200);
        await person.work();
        expect(person.statuses.slice(-2)).toEqual([200, 200]);
      }
      expect(service.lines.filter((line) => /older than its refresh token/.test(line))).toHaveLength(1);
    } finally {
      await service.stop();
      await postgres.stop();
    }
  }, 240_000);
});

describe('commits that wait for a replica that is away', () => {
  it('leave connections for reads, and go on once it is back', async () => {
    const postgres = await ReplicatedPostgres.start({ isSynchronous: true });
    const service = await Installation.start({ DATABASE_URL: postgres.url, REMEMBERED_SESSIONS: '0' });
    try {
      await service.register('person');
      await postgres.follows();
      postgres.link.cut();
      // Many times as many as there are connections.
      const writes: Promise<number>[] = [];
      const reads: number[] = [];
      for (let i = 0; i < 100; i++) {
        const [writer, reader] = [service.people[i % PEOPLE], service.people[(i + 1) % PEOPLE]];
        writes.push(writer.change());
        reads.push(await reader.read());
        // Otherwise, the load balancer would take the instance out.
        reads.push((await service.send('GET', '/../../health/ready')).status);
        await sleep(30);
      }
      expect(new Set(reads)).toEqual(new Set([200]));
      expect(new Set(await Promise.all(writes))).toEqual(new Set([503]));
      postgres.link.restore();
      service.work();
      await service.recovered(performance.now());
    } finally {
      await service.stop();
      await postgres.stop();
    }
  }, 240_000);
});
