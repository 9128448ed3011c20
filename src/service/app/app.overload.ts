import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import type { LoggerService } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { OverloadedError } from '../../http/problem/problem.js';

/** Maximum of sockets. More are closed at once, so that descriptors remain for the database, Redis and email. */
const MAX_CONNECTIONS = 10_000;
/** Maximum mean delay of the event loop in ms, within {@link SAMPLE}. */
const MAX_EVENT_LOOP_DELAY = 250;
/** Measuring interval in ms, long enough to ignore a single pause such as a garbage collection. */
const SAMPLE = 3_000;
/**
 * Maximum share of the heap limit in use. Up to a quarter of the limit only holds new objects, and running requests
 * need some.
 */
const MAX_HEAP_SHARE = 0.6;
/** Maximum share of the memory of the machine or container that the process may use. */
const MAX_MEMORY_SHARE = 0.9;
/** Minimum interval in ms between log messages. */
const WARN_EVERY = 60_000;

/**
 * Rejects requests with 503 and `Retry-After` before they cost anything, while the process is overloaded or short of
 * memory. Admitted requests continue. The liveness check still succeeds; the readiness check fails.
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
    // Its promise is awaited, and its rejection becomes the response.
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
 * Returns the memory in bytes that only the process can release: its anonymous memory. File pages count as resident,
 * too, but the kernel reclaims them before it kills a process. Elsewhere than on Linux, all resident memory.
 */
function ownMemory(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss();
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return kilobytes ? Number(kilobytes) * 1024 : process.memoryUsage.rss();
}

/**
 * Returns the memory limit of the container, which can change at run time, otherwise the memory of the machine, in
 * bytes.
 */
function availableMemory(): number {
  return Math.min(process.constrainedMemory() || Infinity, totalmem());
}
