import { splitHosts } from '../../database/connections/database-hosts.js';
import { readRedisUrl, type RedisServers } from '../../settings/rate-limits/redis-servers.js';
import { isThisMachine } from '../../http/request/ip-address.js';
import type { Conflict } from './conflict.js';
import type { SettingValues } from '../settings/settings.js';

/**
 * Combinations of settings that are allowed in production but hardly ever intended: the setting to name, the rest of
 * the sentence, and the condition.
 */
export const productionWarnings: readonly Conflict[] = [
  [
    'PUBLIC_URL',
    'is not set: links in messages lead to the machine of the reader',
    (v) => v.PUBLIC_URL === undefined,
  ],
  [
    'PUBLIC_URL',
    'is not https: tokens and passwords can be read in transit',
    (v) => v.PUBLIC_URL?.startsWith('http:') === true,
  ],
  [
    'REFRESH_COOKIE',
    'is on, but browsers accept its cookie only over https, and PUBLIC_URL is not https',
    (v) => v.REFRESH_COOKIE && v.PUBLIC_URL?.startsWith('https:') !== true,
  ],
  [
    'CORS_ORIGINS',
    'contains an origin without https: anyone on the network path can call the API as its visitors',
    (v) => v.CORS_ORIGINS?.some((origin) => origin.startsWith('http:')) === true,
  ],
  ['SMTP_URL', 'is not set: no messages are delivered, so nobody can reset a password', (v) => !v.SMTP_URL],
  [
    'SMTP_TLS',
    'is opportunistic: anyone on the network path to the mail server can read links that reset passwords',
    ({ SMTP_URL, SMTP_TLS }) =>
      SMTP_TLS === 'opportunistic' && SMTP_URL?.startsWith('smtp:') === true && isElsewhere(SMTP_URL),
  ],
  [
    'REDIS_URL',
    'is redis, which is not encrypted, and leads to another machine: use rediss',
    ({ REDIS_URL = '' }) => isRedisInClear(readRedisUrl(REDIS_URL)),
  ],
  [
    'DATABASE_URL',
    'leads to another machine without sslmode=verify-full: anyone on the network path can read and change the data',
    ({ DATABASE_URL }) => isUnverified(DATABASE_URL),
  ],
  [
    'DATABASE_DIRECT_URL',
    'leads to another machine without sslmode=verify-full: anyone on the network path can read and change the data',
    ({ DATABASE_DIRECT_URL }) => isUnverified(DATABASE_DIRECT_URL),
  ],
  [
    'POSTGRES_HOST',
    'leads to another machine while POSTGRES_SSLMODE is neither verify-full nor verify-ca: anyone on the network path can read and change the data',
    ({ POSTGRES_HOST, POSTGRES_SSLMODE }) =>
      POSTGRES_HOST !== undefined &&
      isAnotherMachine(POSTGRES_HOST) &&
      !POSTGRES_SSLMODE.startsWith('verify-'),
  ],
  ['RATE_LIMIT', 'is off: passwords can be guessed as fast as they are hashed', (v) => !v.RATE_LIMIT],
  [
    'METRICS_HOST',
    'is not set: metrics can be read without a password on every address that the service listens on',
    (v) => v.METRICS_PORT !== undefined && v.METRICS_HOST === undefined && !isThisMachine(v.HOST ?? ''),
  ],
  ['DOCS', 'is on: anyone can read the documentation of the API', (v) => v.DOCS === true],
  [
    'LOG_LEVEL',
    'is meant for development: it fills disks',
    ({ LOG_LEVEL }) => LOG_LEVEL === 'debug' || LOG_LEVEL === 'trace',
  ],
  ['SECRET_KEY_PREVIOUS', 'is the same as SECRET_KEY: leave it out', hasSameKeys],
];

/** Like {@link doubts}, for development. */
export const developmentWarnings: readonly Conflict[] = [
  [
    'HOST',
    'makes a development service reachable from other machines: anyone can read its documentation and try its ' +
      'example secrets. Unset HOST, or set NODE_ENV to production.',
    ({ HOST }) => HOST !== undefined && !isThisMachine(HOST),
  ],
];

/** Returns whether a URL points to another machine. */
function isElsewhere(url: string): boolean {
  return isAnotherMachine(new URL(url).hostname);
}

/** Returns whether one of the servers is on another machine, and the connections are not encrypted. */
function isRedisInClear(servers: RedisServers | undefined): boolean {
  return (
    servers !== undefined && !servers.isEncrypted && servers.hosts.some(({ host }) => isAnotherMachine(host))
  );
}

/** Returns whether a database is on another machine, whose certificate is not verified. */
function isUnverified(databaseUrl: string | undefined): boolean {
  return databaseUrl !== undefined && isDatabaseElsewhere(databaseUrl) && !isVerified(databaseUrl);
}

/**
 * Returns whether a database, or one of its servers, is on another machine. Its host may be a parameter or the folder of
 * a socket (libpq, 34.1.1.2).
 */
function isDatabaseElsewhere(databaseUrl: string): boolean {
  const { url, hosts } = splitHosts(databaseUrl);
  const { hostname, searchParams } = new URL(url);
  const host = searchParams.get('host') || decodeURIComponent(hostname);
  return [host, ...hosts.map((each) => each.host)].some(isAnotherMachine);
}

/**
 * Returns whether a host is another machine.
 *
 * @param host - A host name, an IP address, or the folder of a socket.
 */
function isAnotherMachine(host: string): boolean {
  return host !== '' && !host.startsWith('/') && !isThisMachine(host);
}

/**
 * Returns whether pg verifies the issuer of the server's certificate. Unless told to behave like libpq, it treats the
 * weaker modes as `verify-full`, and enables TLS if a certificate is named.
 */
function isVerified(databaseUrl: string): boolean {
  const { searchParams: parameters } = new URL(splitHosts(databaseUrl).url);
  const mode = parameters.get('sslmode');
  if (parameters.get('uselibpqcompat') === 'true')
    return (
      mode === 'verify-full' || (/^(verify-ca|require)$/.test(mode ?? '') && parameters.has('sslrootcert'))
    );
  if (mode !== null) return /^(verify-full|verify-ca|require|prefer)$/.test(mode);
  return parameters.has('sslrootcert') || /^(true|1)$/.test(parameters.get('ssl') ?? '');
}

function hasSameKeys({ SECRET_KEY, SECRET_KEY_PREVIOUS }: SettingValues): boolean {
  return SECRET_KEY !== undefined && SECRET_KEY === SECRET_KEY_PREVIOUS;
}
