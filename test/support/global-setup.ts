import { mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { loadEnvironment } from '../../src/env.js';
import { createTemplate, dropTemplate } from './test-database.js';

declare global {
  var stopTestServer: (() => Promise<void>) | undefined;
}

/** Starts one Postgres for the whole run, with a migrated template that each spec file copies. */
export default async function globalSetup(): Promise<void> {
  const { testDatabase } = loadEnvironment();
  const server = testDatabase
    ? undefined
    : await EmbeddedPostgres.start({
        dataDir: await mkdtemp(join(await scratch(), 'astra-test-')),
        ephemeral: true,
      });
  const { host, port, password } = server ?? testDatabase!;
  const username = server?.user ?? testDatabase!.username;
  const owner = { host, port, username, password, database: testDatabase?.database ?? 'postgres' };
  try {
    const testServer = await createTemplate(owner);
    globalThis.stopTestServer = async () => {
      await (server ? server.stop() : dropTemplate(testServer));
    };
    // The workers are processes of their own; they get it through the environment.
    process.env.ASTRA_TEST_SERVER = JSON.stringify(testServer);
  } catch (error) {
    await server?.stop();
    throw error;
  }
}

/** Memory where there is plenty: on a disk, copying the template costs Postgres two thirds of its time. */
async function scratch(): Promise<string> {
  const memory = '/dev/shm';
  const { bavail = 0, bsize = 0 } = (await statfs(memory).catch(() => undefined)) ?? {};
  return bavail * bsize >= 4 * 2 ** 30 ? memory : tmpdir();
}
