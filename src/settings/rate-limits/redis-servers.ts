import { readServerAddress, type ServerAddress } from '../../outbound/server-address.js';

/** Redis servers that a URL leads to. */
export interface RedisServers {
  /** `sentinel`: the hosts are those of Redis Sentinel, which knows the master. `cluster`: some nodes of Redis Cluster. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly isEncrypted: boolean;
  readonly hosts: readonly ServerAddress[];
  readonly username?: string;
  readonly password?: string;
  /** Name of the master, for Sentinel. */
  readonly master?: string;
  readonly db?: number;
  readonly sentinelPassword?: string;
}

const URLS =
  /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const DEFAULT_PORTS = { single: 6379, sentinel: 26379, cluster: 6379 };

/**
 * Parses the URL of Redis servers: `redis://host/0`, `redis+sentinel://one,two,three/master/0` or
 * `redis+cluster://one,two`; encrypted with `rediss`.
 *
 * @returns `undefined` if it is invalid.
 */
export function readRedisUrl(url: string): RedisServers | undefined {
  const [, scheme, kind = 'single', credentials = '', authority, path = '', query] = URLS.exec(url) ?? [];
  if (!isKind(kind) || !authority) return undefined;
  const items = authority.split(',');
  const hosts = items.map((item) => readServerAddress(item, DEFAULT_PORTS[kind]));
  if (hosts.includes(undefined) || (kind === 'single' && items.length > 1)) return undefined;

  const [master, db] = kind === 'sentinel' ? path.split('/') : [undefined, path];
  const isNamed = kind === 'sentinel' ? /^[\w.-]+$/.test(master ?? '') : true;
  const hasDb = kind === 'cluster' ? db === '' : db === undefined || /^\d{0,5}$/.test(db);
  if (!isNamed || !hasDb || path.split('/').length > 2) return undefined;
  try {
    const [username, ...password] = credentials.split(':').map(decodeURIComponent);
    return {
      kind,
      isEncrypted: scheme === 'rediss',
      hosts: hosts.filter((host) => host !== undefined),
      username: username || undefined,
      password: password.join(':') || undefined,
      master,
      db: db ? Number(db) : undefined,
      sentinelPassword: new URLSearchParams(query).get('sentinel_password') ?? undefined,
    };
  } catch {
    return undefined; // a "%" that begins nothing
  }
}

function isKind(kind: string): kind is RedisServers['kind'] {
  return Object.hasOwn(DEFAULT_PORTS, kind);
}
