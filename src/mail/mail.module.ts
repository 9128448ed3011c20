import { type DynamicModule, Module } from '@nestjs/common';
import { MailRenderer } from './mail-renderer.js';
import { MailSeal } from './mail-seal.js';
import { MailService } from './mail.service.js';

/** Messages to users. */
@Module({})
export class MailModule {
  /**
   * @param settings - The module that holds the settings.
   * @param jobs - The module in whose queue messages wait.
   */
  static forRoot(settings: DynamicModule, jobs: DynamicModule): DynamicModule {
    return {
      module: MailModule,
      imports: [settings, jobs],
      providers: [MailRenderer, MailSeal, MailService],
      exports: [MailService],
    };
  }
}
