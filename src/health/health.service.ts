import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { askPrimary } from '../database/primary.js';
import { JobsService } from '../jobs/jobs.service.js';
import { UnavailableError } from '../http/problem/problem.js';
import { RateLimitsService } from '../rate-limit/rate-limits.service.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { ClockWatch } from './clock-watch.js';

/** What requests can be served without, if less well: servers, the worker in this process, and a clock that is right. */
export const degradableParts = ['redis', 'mail', 'worker', 'clock'] as const;
export type DegradablePart = (typeof degradableParts)[number];

/** In ms. */
const REMEMBERED_FOR = 1_000;
/** In ms: how often it is looked anyway, so that the log tells of the clock where nobody asks. */
const LOOK_EVERY = 10_000;

/** Knows whether requests can be served. */
@Injectable()
export class HealthService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly clock = new ClockWatch();
  private isShuttingDown = false;
  private looking?: NodeJS.Timeout;
  /** What was found out last about the database; for all who ask within a second of it. */
  private lastLook?: { until: number; isReady: Promise<void> };

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly modules: ModuleRef,
  ) {}

  /**
   * @throws {UnavailableError} while the database is away or read-only, while the clock is so far off that instances
   *   refuse each other's tokens, and from the moment of shutting down.
   */
  async assertReady(): Promise<void> {
    if (this.isShuttingDown) throw new UnavailableError('The service is shutting down.');
    try {
      await this.lookAtDatabase();
    } catch (error) {
      throw new UnavailableError('The database is unavailable.', 1, error);
    }
    if (this.clock.isBeyondTolerance)
      throw new UnavailableError('The clock of the service differs too much from that of the database.');
  }

  /**
   * Seconds by which the clock of this process is ahead of the database's; negative if it is behind.
   *
   * @throws {Error} while the database is away or read-only.
   */
  async clockLead(): Promise<number> {
    await this.lookAtDatabase();
    return this.clock.lead;
  }

  /** Health is asked for outside of all limits, so it costs a query a second, however many ask. */
  private lookAtDatabase(): Promise<void> {
    if (!this.lastLook || this.lastLook.until < performance.now())
      this.lastLook = { until: performance.now() + REMEMBERED_FOR, isReady: this.look() };
    return this.lastLook.isReady;
  }

  private async look(): Promise<void> {
    const { clockLead } = await askPrimary(this.db);
    this.clock.note(clockLead);
  }

  /** What is away, of the servers that are to be used, or not right: limits are counted by each process, mail and jobs wait. */
  degraded(): DegradablePart[] {
    const { mailer } = this.modules.get(AuthSettings, { strict: false }).mail;
    const isAway: Record<DegradablePart, boolean> = {
      redis: this.modules.get(RateLimitsService, { strict: false }).isDegraded,
      mail: mailer?.isAway ?? false,
      worker: this.modules.get(JobsService, { strict: false }).isIdle,
      clock: this.clock.isOff,
    };
    return degradableParts.filter((each) => isAway[each]);
  }

  /** The service is not ready from now on, while it still answers. */
  shutDown(): void {
    this.isShuttingDown = true;
  }

  onApplicationBootstrap(): void {
    // That the database is away is told by whoever needs it.
    const look = () => void this.lookAtDatabase().catch(() => undefined);
    this.looking = setInterval(look, LOOK_EVERY).unref();
    look();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.looking);
    this.shutDown();
  }
}
