import { Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import type { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { JobsService } from './jobs.service.js';

/** Queue of background jobs. */
@Module({})
export class JobsModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: JobsModule,
    imports: [SettingsModule.of(astra), DatabaseModule.on(astra.dataSource)],
    providers: [JobsService],
    exports: [JobsService],
  }));
}
