import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import type { LoggerService } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { OverloadedError } from '../../http/problem/problem.js';

/** Sockets at once. More are closed unheard, so that descriptors remain for the database, Redis and mail. */
const MAX_CONNECTIONS = 10_000;
/** In ms: how late what is ready may be served, in the mean of {@link SAMPLE}. */
const MAX_EVENT_LOOP_DELAY = 250;
/** In ms. Long enough that a single pause, such as a collection of garbage, is no pressure. */
const SAMPLE = 3_000;
/** How much of the heap's limit may be in use. Up to a quarter of it is room for new objects only, and some is for those at work. */
const MAX_HEAP_SHARE = 0.6;
/** How much of the machine's or container's memory the process may keep for itself. */
const MAX_MEMORY_SHARE = 0.9;
/** In ms: how often the log tells of it at most. */
const WARN_EVERY = 60_000;

/**
 * Refuses requests while the process has more to do, or to keep, than it can: with 503 and `Retry-After`, before they
 * cost anything. Those that were let in get on. That the process lives is said all the same, and that it is not ready.
 */
export function guardAgainstOverload(server: FastifyInstance, logger: LoggerService): void {
  server.server.maxConnections = MAX_CONNECTIONS;
  let warnedAt = -Infinity;
  void server.register(underPressure, {
    sampleInterval: SAMPLE,
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY,
    maxHeapUsedBytes: MAX_HEAP_SHARE * getHeapStatistics().heap_size_limit,
    healthCheck: async () => ownMemory() <= MAX_MEMORY_SHARE * availableMemory(),
    healthCheckInterval: SAMPLE,
    // It waits for a promise, and answers what that is rejected with.
    async pressureHandler({ routeOptions }, _reply, what, figure = ownMemory()) {
      if (routeOptions.url === '/health/live') return;
      if (performance.now() - warnedAt > WARN_EVERY) {
        warnedAt = performance.now();
        const measure = what === underPressure.TYPE_HEALTH_CHECK ? 'ownMemory' : what;
        logger.warn(`Overloaded (${measure} ${Math.round(figure)}): responding with 503`);
      }
      throw new OverloadedError(SAMPLE / 1_000);
    },
  });
}

/**
 * What nobody but the process can give back, in bytes: its anonymous memory. The pages of files, which count as resident
 * too, are taken back by the kernel before it ends anybody. Where it does not tell them apart (only Linux does), all that
 * is resident.
 */
function ownMemory(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss();
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return kilobytes ? Number(kilobytes) * 1024 : process.memoryUsage.rss();
}

/** What a container may use, which can be changed while it runs, or else the machine has; in bytes. */
function availableMemory(): number {
  return Math.min(process.constrainedMemory() || Infinity, totalmem());
}
