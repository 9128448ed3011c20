import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { version } from '../src/version.js';
import { Program } from './support/program.js';
import { connectionUrl, TestDatabase } from './support/test-database.js';

const SECRET_KEY = 'a secret key that the host of the commands has';

/** What else applications have in their environment; each of them stopped a command. */
const ofHosts = {
  JWT_SECRET: 'theirs',
  JWT_EXPIRES_IN: '15m',
  ACCESS_TOKEN_SECRET: 'theirs',
  REFRESH_TOKEN_TTL: '30d',
  SESSION_SECRET: 'theirs',
  PASSWORD_SALT_ROUNDS: '10',
  EMAIL_HOST: 'smtp.example.com',
  MAIL_PORT: 'plenty',
  SMTP_URL: 'smtp.example.com',
  SMTP_USER: 'theirs',
  LOG_LEVEL: 'verbose',
  WORKER: '1',
  PORT: '/run/app.sock',
  CORS_ORIGIN: '*',
  CORS_ORIGINS: '*',
  POSTGRES_URL: 'postgres://other',
  POSTGRES_PORT: 'tcp://10.0.0.1:5432',
  POSTGRES_EXPORTER_URL: 'http://other',
  REDIS_URL: 'redis',
  METRICS_PREFIX: 'app_',
  ADMIN_EMAIL: 'root',
  ADMIN_PASSWORD: 'x',
  ASTRA_ENV: 'prod',
  NODE_ENV: 'production',
  TRUSTED_PROXIES: 'true',
  PUBLIC_URL: '/api',
  EMAIL_VERIFICATION: 'yes',
};

describe('commands in the folder of a host', () => {
  let folder: string;
  let database: TestDatabase;

  const run = async (args: string[], variables: Record<string, string> = {}, input = '') => {
    const program = Program.start('cli.ts', args, { DATA_DIR: folder, ...variables }, input);
    return { code: await program.exit, output: program.output };
  };
  const makeGrace = (variables?: Record<string, string>) =>
    run(['create-admin', '--username', 'grace', '--email', 'grace@example.com'], variables, 'Analytical1');
  const writeEnv = (variables: Record<string, string>) =>
    writeFile(
      join(folder, '.env'),
      Object.entries(variables)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-host-'));
    const dependencies = { 'nestjs-astra': '1.0.0', '@nestjs/core': '12.0.0' };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies }));
    database = await TestDatabase.create('template0');
    await writeEnv({ ...ofHosts, DATABASE_URL: connectionUrl(database.connection), SECRET_KEY });
  });
  afterAll(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  it('name what the application has to do first', async () => {
    const made = await makeGrace();
    expect(made).toEqual({
      code: 1,
      output: expect.stringContaining(
        'The table auth_users does not exist. Apply the migrations of the application',
      ),
    });
    const looked = await run(['doctor']);
    expect(looked.code).toBe(1);
    expect(looked.output).toContain('Add astraMigrations to the migrations of the DataSource');
    expect(await run(['migrate'])).toEqual({
      code: 1,
      output: expect.stringContaining('together with its own'),
    });
  });

  it('mind nothing of its environment but the database and the secret', async () => {
    const db = await new DataSource({
      ...dataSourceOptions({ url: connectionUrl(database.connection) }),
      migrationsTableName: 'history_of_the_host',
    }).initialize();
    await db.runMigrations();
    await db.destroy();
    expect(await makeGrace(ofHosts)).toEqual({ code: 0, output: 'Created the admin grace.\n' });
    expect(await database.query('SELECT username, role FROM auth_users')).toEqual([
      { username: 'grace', role: 'admin' },
    ]);
    expect(await database.query(`SELECT to_regclass('auth_migrations') AS made`)).toEqual([{ made: null }]);
  });

  it('have a doctor who judges the host, and nothing that it does not have', async () => {
    const { code, output } = await run(['doctor', '--host'], ofHosts);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/✓ Migrations +all \d+ are applied/),
    });
    expect(output).not.toMatch(/PUBLIC_URL|Proxies|SMTP|Redis|npm start/);
    expect(output).toMatch(/✓ Administrator +1 active/);
  });

  it('find the tables in a schema', async () => {
    const other = await TestDatabase.create('template0');
    try {
      await other.query('CREATE SCHEMA accounts');
      const url = connectionUrl(other.connection);
      const db = await new DataSource(dataSourceOptions({ url, schema: 'accounts' })).initialize();
      await db.runMigrations();
      await db.destroy();
      const made = await makeGrace({ DATABASE_URL: url, DATABASE_SCHEMA: 'accounts' });
      expect(made.output).toBe('Created the admin grace.\n');
      expect(await other.query('SELECT username FROM accounts.auth_users')).toEqual([{ username: 'grace' }]);
    } finally {
      await other.drop();
    }
  });

  it('say which of the two is missing', async () => {
    await writeEnv(ofHosts);
    expect(await makeGrace()).toEqual({
      code: 1,
      output: expect.stringMatching(/DATABASE_URL must be set[^]*SECRET_KEY must be set/),
    });
  });

  it('tell their version, and each what it is called with', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, output: `${version}\n` });
    expect(await run(['users', 'export', '--help'])).toEqual({
      code: 0,
      output: expect.stringMatching(/^Usage: astra users export /),
    });
  });
});
