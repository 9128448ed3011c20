import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { errorText } from '../problem/error-text.js';
import { RateLimits } from './rate-limits.service.js';
import { SignInAttempts } from './sign-in-attempts.service.js';

/** How often counters that are over are deleted, in ms. Several processes that do so are not in each other's way. */
const INTERVAL = 5 * 60_000;

/** Keeps the tables of the counters small. */
@Injectable()
export class CounterPurge implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(CounterPurge.name);
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly limits: RateLimits,
    private readonly attempts: SignInAttempts,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.purge(), INTERVAL);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async purge(): Promise<void> {
    try {
      await this.limits.purge();
      await this.attempts.purge();
    } catch (error) {
      this.logger.warn(`Old counters are deleted later: ${errorText(error)}`);
    }
  }
}
