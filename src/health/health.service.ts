import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { askPrimary } from '../database/primary.js';
import { JobsService } from '../jobs/jobs.service.js';
import { UnavailableError } from '../http/problem/problem.js';
import { RateLimitsService } from '../rate-limit/rate-limits.service.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { ClockWatch } from './clock-watch.js';

/**
 * Components without which requests are still served, though less well: servers, the worker of this process, and an
 * accurate clock.
 */
export const degradableParts = ['redis', 'mail', 'worker', 'clock'] as const;
/** Name of such a component, as in the response of `GET /health/ready`. */
export type DegradablePart = (typeof degradableParts)[number];

/** Time in ms for which a check of the database is shared. */
const REMEMBERED_FOR = 1_000;
/** Interval in ms of checks without a request, so that the log reports a wrong clock even if nobody asks. */
const LOOK_EVERY = 10_000;

/** Determines whether the service is ready. */
@Injectable()
export class HealthService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly clock = new ClockWatch();
  private isShuttingDown = false;
  private looking?: NodeJS.Timeout;
  /** Last check of the database, shared by all requests within a second. */
  private lastLook?: { until: number; isReady: Promise<void> };

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly settings: AuthSettings,
    private readonly limits: RateLimitsService,
    private readonly jobs: JobsService,
  ) {}

  /**
   * Checks that the service is ready for requests.
   *
   * @throws {UnavailableError} while the database is unavailable or read-only, while the clock is off by more than the
   *   tolerance for tokens, and during shutdown.
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
   * Returns the seconds by which the clock of this process is ahead of the database's; negative if it is behind.
   *
   * @throws {Error} while the database is unavailable or read-only.
   */
  async clockLead(): Promise<number> {
    await this.lookAtDatabase();
    return this.clock.lead;
  }

  /** Checks the database at most once per second, because health checks are not rate-limited. */
  private lookAtDatabase(): Promise<void> {
    if (!this.lastLook || this.lastLook.until < performance.now())
      this.lastLook = { until: performance.now() + REMEMBERED_FOR, isReady: this.look() };
    return this.lastLook.isReady;
  }

  private async look(): Promise<void> {
    const { clockLead } = await askPrimary(this.db);
    this.clock.note(clockLead);
  }

  /**
   * Returns the configured components that do not work. Rate limits are then counted per process, and messages and jobs
   * wait.
   */
  degraded(): DegradablePart[] {
    const { mailer } = this.settings.mail;
    const isAway: Record<DegradablePart, boolean> = {
      redis: this.limits.isDegraded,
      mail: mailer?.isAway ?? false,
      worker: this.jobs.isIdle,
      clock: this.clock.isOff,
    };
    return degradableParts.filter((each) => isAway[each]);
  }

  /** Makes the service report that it is not ready, while it still responds. */
  shutDown(): void {
    this.isShuttingDown = true;
  }

  /** Checks the database now and from time to time. */
  onApplicationBootstrap(): void {
    // An unavailable database is reported by the code that needs it.
    const look = () => void this.lookAtDatabase().catch(() => undefined);
    this.looking = setInterval(look, LOOK_EVERY).unref();
    look();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.looking);
    this.shutDown();
  }
}
