import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { CounterPurge } from './counter-purge.js';
import { RateLimitCounter } from './rate-limit-counter.entity.js';
import { RateLimits } from './rate-limits.service.js';
import { SignInAttempts } from './sign-in-attempts.service.js';
import { SignInFailure } from './sign-in-failure.entity.js';

/** Who may try how often. */
@Module({})
export class RateLimitModule {
  /**
   * @param settings - The module that holds the settings.
   * @param jobs - The module that deletes old counters at set times.
   */
  static forRoot(settings: DynamicModule, jobs: DynamicModule): DynamicModule {
    return {
      module: RateLimitModule,
      imports: [settings, jobs, AuditModule, TypeOrmModule.forFeature([RateLimitCounter, SignInFailure])],
      providers: [CounterPurge, RateLimits, SignInAttempts],
      exports: [RateLimits, SignInAttempts],
    };
  }
}
