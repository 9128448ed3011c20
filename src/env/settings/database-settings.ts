import { certificateFile, host, integer, oneOf, password, text } from './parsers.js';
import { databaseUrl } from '../server-urls.js';
import { sslModes } from '../postgres-tls.js';
import type { Setting } from './setting.js';

const server = host({ socket: true });
const port = integer(1, 65535);
const dbName = text(63); // Postgres truncates longer names
const dbPassword = password(1, 1024);

/** Settings of the database and of the database of the tests, in the order of `.env.example`. */
export const databaseSettings = {
  POSTGRES_USER: { is: dbName, example: 'your_user', default: 'astra', means: 'Owner of the tables.' },
  POSTGRES_PASSWORD: {
    is: dbPassword,
    secret: true,
    example: 'your_password',
    unset: 'none is sent',
    means: 'Password of POSTGRES_USER.',
  },
  POSTGRES_DB: { is: dbName, example: 'your_database', default: 'astra', means: 'Name of the database.' },
  POSTGRES_TEST_USER: {
    is: dbName,
    example: 'test_user',
    default: 'astra',
    means: 'User of the test database.',
  },
  POSTGRES_TEST_PASSWORD: {
    is: dbPassword,
    secret: true,
    example: 'test_password',
    unset: 'none is sent',
    means: 'Password of POSTGRES_TEST_USER.',
  },
  POSTGRES_TEST_DB: {
    is: dbName,
    example: 'astra_test',
    default: 'astra_test',
    means: 'Database of the tests. They empty it, so with POSTGRES_TEST_HOST its name must end in _test.',
  },
  POSTGRES_SERVICE_USER: {
    is: dbName,
    example: 'astra_service',
    unset: 'POSTGRES_USER; on the embedded server, a role is created',
    means: 'Role that the service runs as. It cannot change tables. "astra migrate" creates it.',
  },
  POSTGRES_SERVICE_PASSWORD: {
    is: dbPassword,
    secret: true,
    example: 'service_password',
    unset: 'none is sent',
    means:
      'Password of POSTGRES_SERVICE_USER. To change it for an existing role, run "astra migrate --set-password".',
  },
  POSTGRES_TEST_HOST: {
    is: server,
    unset: 'the tests start an embedded server',
    means: 'Database server of the tests.',
  },
  POSTGRES_TEST_PORT: { is: port, default: '5432', means: 'Port of POSTGRES_TEST_HOST.' },
  POSTGRES_HOST: {
    is: server,
    unset: 'the embedded server; production needs this or DATABASE_URL',
    means: 'Host of the database server.',
  },
  POSTGRES_PORT: { is: port, default: '5432', means: 'Port of POSTGRES_HOST.' },
  POSTGRES_SSLMODE: {
    is: oneOf(...sslModes),
    default: 'disable',
    means:
      'TLS to POSTGRES_HOST: require encrypts, verify-ca also checks who signed the certificate, verify-full also checks its host name.',
  },
  POSTGRES_SSLROOTCERT: {
    is: certificateFile(),
    unset: 'the certificate authorities that Node.js trusts',
    means: 'File with the certificate (PEM) that signed the certificate of POSTGRES_HOST.',
  },
  DATABASE_URL: {
    is: databaseUrl(),
    secret: true,
    unset: 'POSTGRES_* are used',
    means: 'URL of the database, instead of POSTGRES_*.',
  },
  DATABASE_DIRECT_URL: {
    is: databaseUrl(),
    secret: true,
    unset: 'the same as DATABASE_URL or POSTGRES_*',
    means:
      'URL of the same database without the pooler that DATABASE_URL or POSTGRES_HOST leads to, for notifications, the queue and migrations.',
  },
} as const satisfies Record<string, Setting>;
