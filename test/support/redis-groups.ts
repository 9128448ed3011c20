import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { RedisServer } from './redis-server.js';

/** Several Redis servers, one of which takes over from another. */
export interface RedisGroup {
  /** As `REDIS_URL` has it. */
  readonly url: string;
  /** The one that is to be killed. */
  readonly master: RedisServer;
  /** All others that count. */
  readonly others: readonly RedisServer[];
  stop(): Promise<void>;
}

/** A master, its replica, and a sentinel that notices within half a second that the master is gone. */
export async function startSentinel(): Promise<RedisGroup> {
  const master = await RedisServer.start();
  const replica = await RedisServer.start('--replicaof', '127.0.0.1', String(master.port));
  const directory = await mkdtemp(join(tmpdir(), 'astra-sentinel-'));
  const configuration = join(directory, 'sentinel.conf');
  await writeFile(
    configuration,
    `sentinel monitor counters 127.0.0.1 ${master.port} 1\nsentinel down-after-milliseconds counters 500\n` +
      `sentinel failover-timeout counters 2000\n`,
  );
  const sentinel = await RedisServer.startWith(configuration, '--sentinel');
  await eventually(async () => {
    if (((await sentinel.command('SENTINEL', 'replicas', 'counters')) as unknown[]).length === 0)
      throw new Error('The sentinel does not know the replica yet');
  }, 20_000);
  return {
    url: `redis+sentinel://127.0.0.1:1,127.0.0.1:${sentinel.port}/counters`,
    master,
    others: [replica],
    async stop() {
      for (const server of [sentinel, replica, master]) await server.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** Three masters with a third of the slots each, and a replica of the one that is to be killed. */
export async function startCluster(): Promise<RedisGroup> {
  const start = () => RedisServer.start('--cluster-enabled', 'yes', '--cluster-node-timeout', '1000');
  const [replica, ...masters] = [await start(), await start(), await start(), await start()];
  const [master] = masters;
  for (const [i, each] of masters.entries()) {
    const first = Math.ceil((i * 16_384) / 3);
    const last = Math.ceil(((i + 1) * 16_384) / 3) - 1;
    await each.command('CLUSTER', 'ADDSLOTSRANGE', String(first), String(last));
    await each.command('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
  }
  for (const each of [...masters.slice(1), replica])
    await each.command('CLUSTER', 'MEET', '127.0.0.1', String(master.port));
  const id = String(await master.command('CLUSTER', 'MYID'));
  await eventually(() => replica.command('CLUSTER', 'REPLICATE', id), 20_000);
  await eventually(async () => {
    for (const each of masters) {
      const info = String(await each.command('CLUSTER', 'INFO'));
      if (!/cluster_state:ok/.test(info) || !/cluster_known_nodes:4/.test(info)) throw new Error(info);
    }
    if (!/slave0:.*state=online/.test(String(await master.command('INFO', 'replication'))))
      throw new Error('The replica does not follow yet');
  }, 20_000);
  return {
    url: `redis+cluster://127.0.0.1:${masters[1].port},127.0.0.1:${master.port}`,
    master,
    others: [...masters.slice(1), replica],
    async stop() {
      for (const server of [replica, ...masters]) await server.stop();
    },
  };
}
