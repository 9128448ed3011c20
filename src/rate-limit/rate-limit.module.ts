import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { CounterPurge } from './counters/counter-purge.js';
import { RateLimitsService } from './rate-limits.service.js';
import { SignInAttemptsService } from './sign-in/sign-in-attempts.service.js';
import { ownTables } from '../database/own-tables.js';
import { RateLimitCounter } from './counters/rate-limit-counter.entity.js';
import { SignInFailure } from './sign-in/sign-in-failure.entity.js';

/** Who may try how often. */
@Module({})
export class RateLimitModule {
  /**
   * @param settings - The module that holds the settings.
   * @param jobs - The module that deletes old counters at set times.
   * @param dataSource - The option of this name.
   */
  static forRoot(
    settings: DynamicModule,
    jobs: DynamicModule,
    dataSource: string | undefined,
  ): DynamicModule {
    return {
      module: RateLimitModule,
      imports: [
        settings,
        jobs,
        AuditModule.on(dataSource),
        DatabaseModule.on(dataSource),
        ownTables([RateLimitCounter, SignInFailure], dataSource),
      ],
      providers: [CounterPurge, RateLimitsService, SignInAttemptsService],
      exports: [RateLimitsService, SignInAttemptsService],
    };
  }
}
