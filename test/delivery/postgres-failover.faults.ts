import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment } from '../../src/env.js';
import { ServiceLogger } from '../../src/logs/service-logger.js';
import { type RunningService, serve } from '../../src/service/serve.js';
import { HaProxy, PgBouncer } from '../support/debian-postgres.js';
import { eventually } from '../support/eventually.js';
import { Load } from '../support/load.js';
import { ReplicatedPostgres } from '../support/replicated-postgres.js';
import { SECRET_KEY, type Tokens } from '../support/test-service.js';

const PEOPLE = 6;
const password = 'Analytical1';

/** Somebody whose writes are counted. */
interface Person {
  tokens: Tokens;
  /** Number in the last name that was acknowledged. */
  acknowledged: number;
}

/** A way from the service to whichever of two servers is the primary. */
interface Way {
  variables: Record<string, string>;
  /** Ends what stands in between. */
  stop(): Promise<void>;
}

const nothing = { stop: () => Promise.resolve() };

async function behindProxy(postgres: ReplicatedPostgres): Promise<HaProxy> {
  const ports = await postgres.serveHealth();
  return HaProxy.start(
    postgres.servers.map(({ connection: { port } }, i) => ({ port, healthPort: ports[i] })),
  );
}

async function behindPooler(postgres: ReplicatedPostgres, mode: 'session' | 'transaction'): Promise<Way> {
  const proxy = await behindProxy(postgres);
  const through = { ...postgres.primary.connection, port: proxy.port };
  await eventually(() => connect(through), 10_000);
  const pooler = await PgBouncer.start(mode, through, { postgres: 'secret' }, postgres.primary.connection);
  return {
    variables: {
      DATABASE_URL: `postgres://postgres:secret@127.0.0.1:${pooler.port}/postgres`,
      ...(mode === 'transaction' && { DATABASE_DIRECT_URL: postgres.url }),
    },
    async stop() {
      await pooler.stop();
      await proxy.stop();
    },
  };
}
