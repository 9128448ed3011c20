import { type DynamicModule, Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { JobsService } from './jobs.service.js';

/** Work for after the answer. */
@Module({})
export class JobsModule {
  /**
   * @param settings - The module that holds the settings.
   * @param dataSource - The option of this name.
   */
  static forRoot(settings: DynamicModule, dataSource?: string): DynamicModule {
    return {
      module: JobsModule,
      imports: [settings, DatabaseModule.on(dataSource)],
      providers: [JobsService],
      exports: [JobsService],
    };
  }
}
