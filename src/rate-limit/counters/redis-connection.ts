import { Logger } from '@nestjs/common';
import { Cluster, type Redis } from 'ioredis';
import { errorText } from '../../http/problem/error-text.js';
import { onceAMinute } from '../../http/problem/once-a-minute.js';
import { redisClient } from './redis-client.js';

/** Time limit of a command in ms. */
const COMMAND_TIMEOUT = 100;
/** Time limit in ms for connecting, including the handshake. */
const CONNECT_TIMEOUT = 2_000;
/** Interval between connection attempts in ms. */
const RETRY_INTERVAL = 1_000;

/** Error of ioredis. */
interface RedisError extends Error {
  /** Command that Redis rejected. */
  command?: { name: string };
}

/**
 * Connection that is either available or not, and never queues. A command without a response within 100 ms fails and
 * closes the connection, so that later commands fail at once, until Redis responds again.
 */
export class RedisConnection {
  readonly client: Redis | Cluster;
  private readonly logger = new Logger('RateLimitsService');
  private readonly mayComplain = onceAMinute();
  private complained = false;

  constructor(url: string) {
    this.client = redisClient(url, {
      connectTimeout: CONNECT_TIMEOUT,
      // Runs only while a response is pending.
      socketTimeout: CONNECT_TIMEOUT,
      // Lets the process exit soon if Redis is unavailable.
      disconnectTimeout: COMMAND_TIMEOUT,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // Unanswered commands were counted elsewhere in the meantime.
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => RETRY_INTERVAL,
      connectionName: 'astra',
    });
    this.client.on('error', (error: RedisError) => this.complain(error));
    this.client.on('ready', () => {
      if (this.complained) this.logger.log('Redis is available again');
      this.complained = false;
    });
  }

  /** Connects. Waits for the first attempt only, because nothing depends on it. */
  async start(): Promise<void> {
    await this.client.connect().catch(() => undefined);
  }

  /** Disconnects without waiting for Redis, which may be away. */
  stop(): void {
    this.client.disconnect();
  }

  get isReady(): boolean {
    return this.client.status === 'ready';
  }

  /**
   * Waits for the response to a command.
   *
   * @throws {Error} if there is none within 100 ms.
   */
  async answer<T>(command: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let isLate = true;
    const late = new Promise<never>((_, reject) => {
      const giveUp = () => {
        if (!isLate) return;
        const error = new Error(`no answer within ${COMMAND_TIMEOUT} ms`);
        this.hangUp(error);
        reject(error);
      };
      // If this process itself was blocked, the response has arrived and only needs to be read.
      timer = setTimeout(() => setImmediate(giveUp), COMMAND_TIMEOUT);
    });
    try {
      return await Promise.race([command, late]);
    } finally {
      isLate = false;
      clearTimeout(timer);
    }
  }

  /** Closes the connection. A hanging Redis keeps it open, and each command would wait again. */
  private hangUp(error: Error): void {
    if (this.client instanceof Cluster) this.client.disconnect(true);
    else this.client.stream.destroy(error);
  }

  /** Logs that Redis is unavailable, at most once a minute. */
  complain(error: RedisError): void {
    if (!this.mayComplain()) return;
    this.complained = true;
    this.logger.warn(`Redis is unavailable, so each process counts on its own: ${reasonOf(error)}`);
  }
}

/** Returns the reason of an error. A rejected AUTH may repeat the password, as Redis does with unknown commands. */
function reasonOf(error: RedisError): string {
  return error.command?.name === 'auth'
    ? 'it rejected the user or the password. Check REDIS_URL.'
    : errorText(error);
}
