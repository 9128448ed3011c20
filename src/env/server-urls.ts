import { splitHosts } from '../database/connections/database-hosts.js';
import { readRedisUrl } from '../settings/rate-limits/redis-servers.js';
import { matching, type Parser } from './settings/parsers.js';

/** URL of a server, kept as written because it may contain a password. */
export function url(...protocols: readonly string[]): Parser<string> {
  const starts = protocols.map((protocol) => `${protocol}://`);
  return matching(
    `a URL that starts with ${starts.join(' or ')}, with special characters in its password percent-encoded (# as %23)`,
    (value) => {
      return Boolean(parseUrl(value, starts)?.hostname) && !value.includes('#');
    },
  );
}

/** Values of `target_session_attrs`: Astra always uses the server that accepts writes. */
const TARGETS: readonly (string | null)[] = [null, 'any', 'primary', 'read-write'];

/** URL of a Postgres database, kept as written. It may name several hosts. */
export function databaseUrl(): Parser<string> {
  const starts = ['postgres://', 'postgresql://'];
  return matching(
    'a URL that starts with postgres:// or postgresql://, with special characters in its password percent-encoded (# as %23), with one host or several, separated by commas',
    (value) => {
      try {
        const parsed = parseUrl(splitHosts(value).url, starts);
        // The driver accepts the folder of a Unix socket as the parameter "host", but not several of them.
        const parameter = parsed?.searchParams.get('host');
        const hasHost = parsed?.hostname || parameter;
        const isForWrites = TARGETS.includes(parsed?.searchParams.get('target_session_attrs') ?? null);
        return Boolean(hasHost) && !parameter?.includes(',') && isForWrites && !value.includes('#');
      } catch {
        return false;
      }
    },
  );
}

/** URL of Redis: of a server, of the sentinels of a master, or of nodes of a cluster. */
export function redisUrl(): Parser<string> {
  return matching(
    'a URL such as redis://cache, redis+sentinel://one,two,three/mymaster or redis+cluster://one,two, encrypted with rediss, with special characters in its password percent-encoded (# as %23)',
    (value) => !/\s|\p{Cc}/u.test(value) && readRedisUrl(value) !== undefined,
  );
}

/** URL of the service without a trailing slash; may contain a path. */
export function publicUrl(): Parser<string> {
  return {
    mayBe: 'an http:// or https:// URL without credentials, query, fragment or dots as path segments',
    parse: (value) => {
      const parsed = parseUrl(value, ['http://', 'https://']);
      const isPlain = !/[\\?#@]|\/(\.|%2e){1,2}(\/|$)/i.test(value);
      return parsed && isPlain ? (parsed.origin + parsed.pathname).replace(/\/+$/, '') : undefined;
    },
  };
}

function parseUrl(value: string, starts: readonly string[]): URL | undefined {
  // A blank or a stray "%" would cause an error only later, in the driver.
  const isEncoded = !/\s|\p{Cc}|%(?![0-9a-f]{2})/iu.test(value);
  return isEncoded && starts.some((start) => value.startsWith(start))
    ? (URL.parse(value) ?? undefined)
    : undefined;
}
