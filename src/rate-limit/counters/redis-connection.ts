import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { errorText } from '../../http/problem/error-text.js';

/** How long a command may take, in ms. */
const COMMAND_TIMEOUT = 100;
/** How long it may take to connect, and to agree on how to talk, in ms. */
const CONNECT_TIMEOUT = 2_000;
/** Between two tries to connect, in ms. */
const RETRY_INTERVAL = 1_000;
/** How often, in ms, the log says that Redis is away. */
const COMPLAINT_INTERVAL = 60_000;

/** What ioredis tells of a failure. */
interface RedisError extends Error {
  /** That Redis refused. */
  command?: { name: string };
}

/**
 * A connection that is there or not, and never waits. A command that gets no answer within 100 ms fails, and the
 * connection is given up with it: those that come after fail at once, until Redis answers again.
 */
export class RedisConnection {
  readonly client: Redis;
  private readonly logger = new Logger('RateLimitsService');
  private nextComplaint = -Infinity;
  private complained = false;

  constructor(url: string) {
    this.client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT,
      // Runs only while an answer is due.
      socketTimeout: CONNECT_TIMEOUT,
      // For the process to end soon where Redis is away.
      disconnectTimeout: COMMAND_TIMEOUT,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // What was not answered was counted elsewhere in the meantime.
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => RETRY_INTERVAL,
      connectionName: 'astra',
    });
    this.client.on('error', (error) => this.complain(error));
    this.client.on('ready', () => {
      if (this.complained) this.logger.log('Redis is available again');
      this.complained = false;
    });
  }

  /** Waits for the first try to connect only, as nothing depends on it. */
  async start(): Promise<void> {
    await this.client.connect().catch(() => undefined);
  }

  stop(): void {
    this.client.disconnect();
  }

  get isReady(): boolean {
    return this.client.status === 'ready';
  }

  /**
   * Waits for what Redis answers, but not long.
   *
   * @throws {Error} if there is no answer within 100 ms.
   */
  async answer<T>(command: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let isLate = true;
    const late = new Promise<never>((_, reject) => {
      const giveUp = () => {
        if (!isLate) return;
        const error = new Error(`no answer within ${COMMAND_TIMEOUT} ms`);
        // A Redis that hangs keeps its connections, and each command would wait anew.
        this.client.stream.destroy(error);
        reject(error);
      };
      // Where this process itself was held up, the answer is there by now and need only be read.
      timer = setTimeout(() => setImmediate(giveUp), COMMAND_TIMEOUT);
    });
    try {
      return await Promise.race([command, late]);
    } finally {
      isLate = false;
      clearTimeout(timer);
    }
  }

  complain(error: RedisError): void {
    if (performance.now() < this.nextComplaint) return;
    this.nextComplaint = performance.now() + COMPLAINT_INTERVAL;
    this.complained = true;
    this.logger.warn(`Redis is unavailable, so each process counts on its own: ${reasonOf(error)}`);
  }
}

/** What refuses a password may repeat it, as Redis itself does of commands that it does not know. */
function reasonOf(error: RedisError): string {
  return error.command?.name === 'auth'
    ? 'it rejected the user or the password. Check REDIS_URL.'
    : errorText(error);
}
