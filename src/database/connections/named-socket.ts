import dns, { type LookupAddress } from 'node:dns';
import { type LookupFunction, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { onceAMinute } from '../../http/problem/once-a-minute.js';

/** Time in ms from which the lookup of a host name is slow: most of the time limit of a connection is left. */
const SLOW = 500;
/** The resolver says that there is no such name, which is an answer. */
const NO_SUCH_NAME = 'ENOTFOUND';

/**
 * Addresses of the database's host names. While the resolver is slow or fails, the last ones are used, because a service
 * under load opens connections at any time.
 */
class HostNames {
  private readonly logger = new Logger('Database');
  private readonly mayComplain = onceAMinute();
  private readonly known = new Map<string, LookupAddress[]>();
  /** Lookups that are not answered yet, each of which keeps a thread busy. */
  private readonly pending = new Map<string, { since: number; answer: Promise<LookupAddress[]> }>();

  /**
   * Looks up a name.
   *
   * @returns its addresses, or, if the resolver fails or takes longer than half a second, those that it had before.
   */
  async addressesOf(name: string, options: dns.LookupOptions): Promise<LookupAddress[]> {
    const { since, answer } = this.ask(name, options);
    const known = this.known.get(name);
    if (!known) return answer;
    const orKnown = answer.catch((error: NodeJS.ErrnoException) => {
      if (error.code === NO_SUCH_NAME) throw error;
      return known;
    });
    const patience = Math.max(0, since + SLOW - performance.now());
    return Promise.race([orKnown, sleep(patience, known, { ref: false })]);
  }

  /** Asks the resolver, unless it has yet to answer the same question. */
  private ask(name: string, options: dns.LookupOptions) {
    const asked = this.pending.get(name);
    if (asked) return asked;
    const since = performance.now();
    const answer = lookUp(name, options)
      .then((addresses) => {
        this.known.set(name, addresses);
        return addresses;
      })
      .finally(() => {
        this.pending.delete(name);
        const took = performance.now() - since;
        if (took < SLOW || !this.mayComplain()) return;
        this.logger.warn(
          `Looking up the name ${name} took ${(took / 1000).toFixed(1)} s. Check the resolver (DNS).`,
        );
      });
    this.pending.set(name, { since, answer });
    return { since, answer };
  }
}

function lookUp(name: string, options: dns.LookupOptions): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(name, { ...options, all: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });
}

/** One for all DataSources of the process. */
const names = new HostNames();

const lookup: LookupFunction = (name, options, callback) => {
  // An error that the callback throws is not one of the lookup.
  const call = (...answer: Parameters<typeof callback>) => process.nextTick(callback, ...answer);
  const answer = (addresses: LookupAddress[]) =>
    options.all ? call(null, addresses) : call(null, addresses[0].address, addresses[0].family);
  const fail = (error: NodeJS.ErrnoException) => call(error, '');
  void names.addressesOf(name, options).then(answer, fail);
};

/** Socket of a connection to the database, for the option `stream` of the driver, which gives it a port and a host. */
export class NamedSocket extends Socket {
  override connect(...to: unknown[]): this {
    const [port, host] = to;
    const isNamed = typeof port === 'number' && typeof host === 'string';
    return isNamed ? super.connect({ port, host, lookup }) : super.connect(...(to as [string]));
  }
}
