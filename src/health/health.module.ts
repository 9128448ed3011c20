import { Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';

/** Liveness and readiness checks. */
@Module({})
export class HealthModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: HealthModule,
    imports: [SettingsModule.of(astra), RateLimitModule.of(astra), JobsModule.of(astra)],
    controllers: [HealthController],
    providers: [HealthService],
  }));
}
