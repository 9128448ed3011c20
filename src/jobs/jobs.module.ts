import { type DynamicModule, Module } from '@nestjs/common';
import { JobsService } from './jobs.service.js';

/** Work for after the answer. */
@Module({})
export class JobsModule {
  /** @param settings - The module that holds the settings. */
  static forRoot(settings: DynamicModule): DynamicModule {
    return { module: JobsModule, imports: [settings], providers: [JobsService], exports: [JobsService] };
  }
}
