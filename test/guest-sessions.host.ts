import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { hostSessionCheck } from '../src/commands/doctor/session-checks.js';
import { astraDataSource, astraEntities, astraMigrations, AstraModule } from '../src/index.js';
import { GuestHost } from './support/guest-host.js';
import { TestDatabase } from './support/test-database.js';

/** Astra does not work with any of them. */
const unfit = {
  default_transaction_isolation: 'serializable',
  DateStyle: 'SQL, DMY',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
};
/** They are a host's own affair. */
const fine = {
  DateStyle: 'ISO, DMY',
  TimeZone: 'Pacific/Chatham',
  IntervalStyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '3',
  statement_timeout: '1min',
  lock_timeout: '0',
  default_transaction_deferrable: 'on',
  client_encoding: 'LATIN1',
};

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.create('template0');
});
afterAll(() => database.drop());

async function setDefaults(settings: Record<string, string>): Promise<void> {
  const name = pg.escapeIdentifier(database.connection.database);
  await database.query(`ALTER DATABASE ${name} RESET ALL`);
  for (const [setting, value] of Object.entries(settings))
    await database.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
}

/** A host with the options of a DataSource that it had before Astra came. */
const start = (options: { extra?: object } = {}) =>
  GuestHost.start('fastify', {
    on: database,
    instead: ({ connection }) => ({
      module: class Host {},
      imports: [
        TypeOrmModule.forRoot({
          ...{ type: 'postgres', ...connection, entities: astraEntities, migrations: astraMigrations },
          ...{ migrationsRun: true, installExtensions: false, retryAttempts: 0, ...options },
        }),
        AstraModule.forRoot({ secretKey: 'a secret key for the sessions of a host' }),
      ],
    }),
  });

async function use(host: GuestHost, username: string): Promise<void> {
  try {
    const { access_token: token, refresh_token } = await host.signUp(username);
    const { body: me } = await host.ask('GET /users/me', { token });
    expect(Math.abs(Date.parse(me.created_at) - Date.now())).toBeLessThan(60_000);
    const { body: sessions } = await host.ask('GET /users/me/sessions', { token });
    expect(Math.abs(Date.parse(sessions.items[0].created_at) - Date.now())).toBeLessThan(60_000);
    expect(
      (await host.ask('PATCH /users/me', { token, body: { full_name: 'Zoë \\ Ł’“𝒜' } })).body.full_name,
    ).toBe('Zoë \\ Ł’“𝒜');
    expect((await host.ask('POST /auth/refresh', { body: { refresh_token } })).status).toBe(200);
    expect((await host.ask('POST /auth/logout', { token })).status).toBe(204);
  } finally {
    await host.stop();
  }
}

/** What `doctor` finds in a host. */
async function examine() {
  const db = await new DataSource(astraDataSource(database.connection)).initialize();
  try {
    return await hostSessionCheck.run(db);
  } finally {
    await db.destroy();
  }
}

describe('a host with the options of a DataSource of its own', () => {
  it.each(Object.entries(unfit))('does not start where sessions begin with %s = %s', async (name, value) => {
    await setDefaults({ [name]: value });
    await expect(start()).rejects.toThrow(
      `Astra cannot work on sessions of this DataSource: ${name} is ${value}. Set them for its role`,
    );
    expect((await examine()).says).toContain(`${name} is ${value}`);
  });

  it('starts there, and is served, with the sessions of astraDataSource', async () => {
    await setDefaults(unfit);
    await use(await start({ extra: astraDataSource(database.connection).extra as object }), 'ada');
  });

  it('starts, and is served, where they begin in another way that does not matter', async () => {
    await setDefaults(fine);
    await use(await start(), 'grace');
    expect((await examine()).says).not.toContain('refused');
  });
});
