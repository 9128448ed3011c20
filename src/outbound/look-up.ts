import { lookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';

/** Address of a host, as `dns.lookup` returns it. */
export interface ResolvedAddress {
  address: string;
  family: number;
}

/** Finds all addresses of a host. */
export type LookUp = (hostname: string) => Promise<ResolvedAddress[]>;

/** Codes of an answer by which the name, or addresses of this kind, do not exist. */
const NONE = ['ENOTFOUND', 'ENODATA'];
/** Code of no DNS server at all, as on a machine without a network. */
const NO_SERVER = 'ECONNREFUSED';

/** Looks a name up as other programs of this machine do, so that `/etc/hosts` and search domains count. */
export const lookUpBySystem: LookUp = (hostname) => lookup(hostname, { all: true });

/**
 * Creates the look-up for names that come from outside. The system's blocks a thread until the DNS servers of the name have
 * answered, or for half a minute; a few names whose servers are silent would take all of the threads, which the names of the
 * database and of the mail server, and files, need as well. So DNS is asked directly. Only a name that it does not know
 * is left to the system, as it may be in `/etc/hosts`, and one at a time.
 */
export function lookUpWithoutThreads(bySystem: LookUp = lookUpBySystem, resolver = newResolver()): LookUp {
  const running = new Map<string, Promise<ResolvedAddress[]>>();
  let last: Promise<unknown> = Promise.resolve();
  /** Waits for those before it, once for each name. */
  const inTurn = (hostname: string) => {
    const before = running.get(hostname);
    if (before) return before;
    const result = last.then(() => bySystem(hostname)).finally(() => running.delete(hostname));
    last = result.catch(() => undefined);
    running.set(hostname, result);
    return result;
  };
  return async (hostname) => {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found = [v4, v6].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (found.length > 0) return found.map((address) => ({ address, family: isIP(address) }));
    for (const one of [v4, v6]) {
      if (one.status === 'fulfilled') continue;
      const { code = '' } = one.reason as NodeJS.ErrnoException;
      if (!NONE.includes(code) && code !== NO_SERVER) throw one.reason;
    }
    return inTurn(hostname);
  };
}

/** A DNS server has 2 seconds for its answer, and a second try. */
function newResolver(): Pick<Resolver, 'resolve4' | 'resolve6'> {
  return new Resolver({ timeout: 2_000, tries: 2 });
}

/** Returns a look-up for a connection that has found the addresses already. */
export function found(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, addresses[0].address, addresses[0].family);
  };
}
