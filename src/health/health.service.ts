import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { assertWritable } from '../database/writable.js';
import { UnavailableError } from '../problem/problem.js';
import { RateLimits } from '../rate-limit/rate-limits.service.js';
import { AuthSettings } from '../settings/auth-settings.js';

/** Servers that requests can be served without, if less well. */
export const dispensable = ['redis', 'mail'] as const;
export type Dispensable = (typeof dispensable)[number];

/** In ms. */
const REMEMBERED_FOR = 1_000;

/** Knows whether requests can be served. */
@Injectable()
export class HealthService implements BeforeApplicationShutdown {
  private isShuttingDown = false;
  /** What was found out last about the database; for all who ask within a second of it. */
  private lastLook?: { until: number; isReady: Promise<void> };

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly modules: ModuleRef,
  ) {}

  /** @throws {UnavailableError} while the database is away or read-only, and from the moment of shutting down. */
  async assertReady(): Promise<void> {
    if (this.isShuttingDown) throw new UnavailableError('The service is shutting down.');
    try {
      await this.lookAtDatabase();
    } catch (error) {
      throw new UnavailableError('The database is away.', 1, error);
    }
  }

  /** Health is asked for outside of all limits, so it costs a query a second, however many ask. */
  private lookAtDatabase(): Promise<void> {
    if (!this.lastLook || this.lastLook.until < performance.now())
      this.lastLook = { until: performance.now() + REMEMBERED_FOR, isReady: assertWritable(this.db) };
    return this.lastLook.isReady;
  }

  /** Of the servers that are to be used, those that are away: limits are counted by each process, mail waits. */
  degraded(): Dispensable[] {
    const { mailer } = this.modules.get(AuthSettings, { strict: false }).mail;
    const isAway: Record<Dispensable, boolean> = {
      redis: this.modules.get(RateLimits, { strict: false }).isDegraded,
      mail: mailer?.isAway ?? false,
    };
    return dispensable.filter((server) => isAway[server]);
  }

  /** The service is not ready from now on, while it still answers. */
  shutDown(): void {
    this.isShuttingDown = true;
  }

  beforeApplicationShutdown(): void {
    this.shutDown();
  }
}
