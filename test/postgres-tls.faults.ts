import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readEnvironment } from '../src/env.js';
import { migrateDatabase, openDatabase } from '../src/service/open-database.js';
import { OwnPostgres } from './support/own-postgres.js';
import { SECRET_KEY } from './support/test-service.js';

const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: dir });

let dir: string;
let server: OwnPostgres;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'astra-tls-'));
  await authority('ours');
  await authority('theirs');
  await certificate('good', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  await certificate('elsewhere', 'subjectAltName=DNS:db.example');
  await certificate(
    'old',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-not_before',
    '20200101000000Z',
    '-not_after',
    '20210101000000Z',
  );
  server = await OwnPostgres.start();
});
afterAll(async () => {
  await server.remove();
  await rm(dir, { recursive: true });
});

async function authority(name: string): Promise<void> {
  const subject = ['-subj', `/CN=${name}`];
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    ...subject,
  );
}

/** Signed by ours. */
async function certificate(name: string, extension: string, ...dates: string[]): Promise<void> {
  const request = ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-subj', `/CN=${name}`];
  await openssl('req', '-new', ...request, '-out', `${name}.csr`);
  await writeFile(join(dir, `${name}.ext`), extension);
  if (dates.length === 0) {
    const signer = ['-CA', 'ours.pem', '-CAkey', 'ours.key', '-CAcreateserial', '-days', '2'];
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signer,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
    return;
  }
  // Only "ca" chooses when a certificate begins.
  await writeFile(join(dir, 'index'), '');
  await writeFile(join(dir, 'serial'), '01');
  await writeFile(
    join(dir, 'ca.conf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n',
  );
  const [, start, , end] = dates;
  const signer = ['-config', 'ca.conf', '-cert', 'ours.pem', '-keyfile', 'ours.key', '-batch', '-notext'];
  await openssl(
    'ca',
    ...signer,
    '-startdate',
    start,
    '-enddate',
    end,
    '-extfile',
    `${name}.ext`,
    '-in',
    `${name}.csr`,
    '-out',
    `${name}.pem`,
  );
}

/** Has the server show one of the certificates, or none. */
async function show(name: string | null): Promise<void> {
  await server.configure(
    name === null ? { ssl: 'off' } : { ssl: 'on' },
    name === null
      ? {}
      : {
          'server.crt': await readFile(join(dir, `${name}.pem`)),
          'server.key': await readFile(join(dir, `${name}.key`)),
        },
  );
}

function settings(mode: string, root?: string, host = '127.0.0.1') {
  const { port, username, password = '', database } = server.connection;
  return readEnvironment({
    SECRET_KEY,
    POSTGRES_HOST: host,
    POSTGRES_PORT: String(port),
    POSTGRES_USER: username,
    POSTGRES_PASSWORD: password,
    POSTGRES_DB: database,
    POSTGRES_SSLMODE: mode,
    ...(root && { POSTGRES_SSLROOTCERT: join(dir, `${root}.pem`) }),
  });
}

/** Whether all connections of an instance are encrypted. */
async function connects(env: ReturnType<typeof settings>): Promise<boolean> {
  const { db, close } = await openDatabase(env, () => undefined);
  try {
    const [{ ssl }]: [{ ssl: boolean }] = await db.query(
      'SELECT bool_and(ssl) AS ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    return ssl;
  } finally {
    await close();
  }
}

describe('a server with a certificate of its own authority', () => {
  beforeAll(() => show('good'));

  it.each([
    ['disable', undefined, false],
    ['require', undefined, true],
    ['verify-ca', 'ours', true],
    ['verify-full', 'ours', true],
  ])('is connected to by %s with the root %s: encrypted %s', async (mode, root, encrypted) => {
    expect(await connects(settings(mode, root))).toBe(encrypted);
    expect(await connects(settings(mode, root, 'localhost'))).toBe(encrypted);
  });

  it.each([
    ['verify-full', undefined],
    ['verify-full', 'theirs'],
    ['verify-ca', 'theirs'],
  ])('is refused at once by %s with the root %s, which says what to do', async (mode, root) => {
    const begun = performance.now();
    await expect(migrateDatabase(settings(mode, root), () => undefined)).rejects.toThrow(
      /^The database cannot be used: .*\. The server's certificate is not signed by a trusted authority\. Set POSTGRES_SSLROOTCERT to/,
    );
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it('is spoken of in the words of a URL where there is one', async () => {
    const { port, username, password } = server.connection;
    const url = (query: string) => `postgres://${username}:${password}@127.0.0.1:${port}/postgres?${query}`;
    const at = (query: string) => readEnvironment({ SECRET_KEY, DATABASE_URL: url(query) });
    await expect(openDatabase(at('sslmode=verify-full'), () => undefined)).rejects.toThrow(
      /Set sslrootcert in DATABASE_URL to/,
    );
    expect(await connects(at(`sslmode=verify-full&sslrootcert=${join(dir, 'ours.pem')}`))).toBe(true);
    expect(await connects(at('sslmode=no-verify'))).toBe(true);
    expect(
      await connects(at(`sslmode=verify-ca&uselibpqcompat=true&sslrootcert=${join(dir, 'ours.pem')}`)),
    ).toBe(true);
  });
});

describe('a server whose certificate', () => {
  it('is for another name is refused by verify-full, and taken by verify-ca', async () => {
    await show('elsewhere');
    await expect(openDatabase(settings('verify-full', 'ours'), () => undefined)).rejects.toThrow(
      /certificate is for another host name\. Connect with a name in the certificate/,
    );
    expect(await connects(settings('verify-ca', 'ours'))).toBe(true);
  });

  it('is old is refused', async () => {
    await show('old');
    await expect(openDatabase(settings('verify-full', 'ours'), () => undefined)).rejects.toThrow(
      /certificate is not valid at this time\. Renew it/,
    );
  });

  it('is not there is refused, but by disable', async () => {
    await show(null);
    await expect(openDatabase(settings('require'), () => undefined)).rejects.toThrow(
      /The server does not support TLS\. Enable it there \(ssl = on\), or set POSTGRES_SSLMODE to disable/,
    );
    expect(await connects(settings('disable'))).toBe(false);
  });
});

describe('settings that do not go together', () => {
  it.each([
    [{ POSTGRES_SSLMODE: 'prefer' }, 'POSTGRES_SSLMODE must be disable, require, verify-ca, or verify-full'],
    [{ POSTGRES_SSLMODE: 'verify-ca' }, 'POSTGRES_SSLROOTCERT must be set, as POSTGRES_SSLMODE is verify-ca'],
    [
      { POSTGRES_SSLMODE: 'require', POSTGRES_SSLROOTCERT: 'ours.pem' },
      'POSTGRES_SSLMODE must be verify-ca or verify-full',
    ],
    [
      { POSTGRES_SSLMODE: 'verify-full', POSTGRES_SSLROOTCERT: 'ours.key' },
      'POSTGRES_SSLROOTCERT must be the path of a readable file with certificates',
    ],
    [
      { DATABASE_URL: 'postgres://x@db/y', POSTGRES_HOST: '', POSTGRES_SSLMODE: 'require' },
      'POSTGRES_SSLMODE is for POSTGRES_HOST',
    ],
  ])('are refused: %j', (changes, sentence) => {
    const { POSTGRES_SSLROOTCERT: root } = changes as { POSTGRES_SSLROOTCERT?: string };
    const variables = { ...changes, ...(root && { POSTGRES_SSLROOTCERT: join(dir, root) }) };
    expect(() => readEnvironment({ SECRET_KEY, POSTGRES_HOST: 'db', ...variables })).toThrow(sentence);
  });
});
