import { Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import type { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { ownTables } from '../database/own-tables.js';
import { RateLimitCounter } from './counters/rate-limit-counter.entity.js';
import { SignInFailure } from './sign-in/sign-in-failure.entity.js';
import { AuditModule } from '../audit/audit.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { CounterPurge } from './counters/counter-purge.js';
import { RateLimitsService } from './rate-limits.service.js';
import { SignInAttemptsService } from './sign-in/sign-in-attempts.service.js';

/** Rate limits. */
@Module({})
export class RateLimitModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: RateLimitModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([RateLimitCounter, SignInFailure], astra.dataSource),
      AuditModule.on(astra.dataSource),
      JobsModule.of(astra),
    ],
    providers: [CounterPurge, RateLimitsService, SignInAttemptsService],
    exports: [RateLimitsService, SignInAttemptsService],
  }));
}
