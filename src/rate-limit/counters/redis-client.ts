import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { readRedisUrl } from '../../settings/rate-limits/redis-servers.js';

/** Interval in ms at which the nodes of a cluster are read again, for changes that no error has revealed. */
const REFRESH_INTERVAL = 5_000;

/**
 * Creates the client of a Redis server, of the master that Sentinel names, or of a cluster. It connects when told to.
 *
 * @param options - Of each connection.
 * @throws {RangeError} if the URL is invalid.
 */
export function redisClient(url: string, options: RedisOptions): Redis | Cluster {
  const servers = readRedisUrl(url);
  if (!servers) throw new RangeError('the URL of Redis is invalid');
  const { kind, hosts, isEncrypted, username, password, db, master, sentinelPassword } = servers;
  if (kind === 'single') return new Redis(url, { ...options, lazyConnect: true });
  const tls = isEncrypted ? {} : undefined;
  if (kind === 'sentinel')
    return new Redis({
      ...options,
      lazyConnect: true,
      sentinels: [...hosts],
      ...{ name: master, username, password, db, tls, sentinelPassword },
      ...{ sentinelTLS: tls, enableTLSForSentinelMode: isEncrypted },
      // Once all of them were asked.
      sentinelRetryStrategy: options.retryStrategy ?? undefined,
      sentinelCommandTimeout: options.connectTimeout,
      // Disconnects from a former master that is still reachable.
      failoverDetector: true,
    });
  const { retryStrategy, enableOfflineQueue, ...ofNodes } = options;
  return new Cluster([...hosts], {
    lazyConnect: true,
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy ?? undefined,
    slotsRefreshInterval: REFRESH_INTERVAL,
    redisOptions: { ...ofNodes, username, password, tls },
    // The certificates of the nodes are for their names.
    dnsLookup: (address, callback) => callback(null, address),
  });
}
