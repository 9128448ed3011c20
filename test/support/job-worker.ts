import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { JobsModule } from '../../src/jobs/jobs.module.js';
import { JobsService } from '../../src/jobs/jobs.service.js';
import type { Mailer } from '../../src/settings/mail/mailer.js';
import { MailModule } from '../../src/mail/mail.module.js';
import { MailService } from '../../src/mail/mail.service.js';
import { SmtpMailer } from '../../src/mail/smtp-mailer.js';
import type { AstraOptions } from '../../src/settings/astra-options.js';
import { Installation } from '../../src/settings/installation.js';
import type { Connection } from './test-database.js';

@Module({})
class WorkerModule {}

/** Process that only works on jobs. */
export class JobWorker {
  private constructor(
    readonly jobs: JobsService,
    readonly mail: MailService,
    readonly db: DataSource,
    readonly mailer: Mailer | undefined,
    readonly stop: () => Promise<void>,
  ) {}

  /** @param register - Says what is done with jobs, before the work begins. */
  static async start(
    connection: Connection,
    options: Partial<AstraOptions> = {},
    register: (jobs: JobsService) => void = () => undefined,
  ): Promise<JobWorker> {
    const db = await new DataSource(dataSourceOptions(connection)).initialize();
    const astra = new Installation({
      useFactory: () => ({ secretKey: 'a secret key for tests, of enough bytes', ...options }),
    });
    const app = await NestFactory.createApplicationContext(
      {
        module: WorkerModule,
        imports: [
          TypeOrmModule.forRootAsync({ useFactory: () => db.options, dataSourceFactory: async () => db }),
          JobsModule.of(astra),
          MailModule.of(astra),
        ],
        // Handlers are named while the application is put together, as services do it in their constructors.
        providers: [{ provide: 'handlers', inject: [JobsService], useFactory: register }],
      },
      { logger: false, abortOnError: false },
    ).catch(async (error: Error) => {
      await db.destroy();
      throw error;
    });
    return new JobWorker(app.get(JobsService), app.get(MailService), db, options.mail?.mailer, () =>
      app.close(),
    );
  }
}

// As a process of its own: node --import ./typescript.mjs job-worker.ts '<connection>' '<url of the mail server>'
if (process.argv[1]?.endsWith('job-worker.ts')) {
  const [connection, smtpUrl] = process.argv.slice(2);
  await JobWorker.start(JSON.parse(connection) as Connection, {
    mail: { mailer: new SmtpMailer(smtpUrl), from: 'Astra <no-reply@astra.example>' },
  });
  process.send?.('ready');
}
