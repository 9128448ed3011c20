import { type DynamicModule, Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { MailBudgetService } from './mail-budget.service.js';
import { MailRenderer } from './mail-renderer.js';
import { MailSeal } from './mail-seal.js';
import { MailService } from './mail.service.js';
import { ownTables } from '../database/own-tables.js';
import { MailBudgetCounter } from './mail-budget-counter.entity.js';

/** Messages to users. */
@Module({})
export class MailModule {
  /**
   * @param settings - The module that holds the settings.
   * @param jobs - The module in whose queue messages wait.
   * @param dataSource - The option of this name.
   */
  static forRoot(
    settings: DynamicModule,
    jobs: DynamicModule,
    dataSource: string | undefined,
  ): DynamicModule {
    return {
      module: MailModule,
      imports: [settings, jobs, DatabaseModule.on(dataSource), ownTables([MailBudgetCounter], dataSource)],
      providers: [MailBudgetService, MailRenderer, MailSeal, MailService],
      exports: [MailService],
    };
  }
}
