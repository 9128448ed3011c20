import type { INestApplicationContext, LoggerService, LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../service/app/app.module.js';
import { developmentSecret } from '../service/development-secret.js';
import { openDatabase } from '../service/open-database.js';
import type { CommandContext } from './command.js';

/**
 * Runs work with the services of the application, without HTTP.
 *
 * @param options.worker - Whether jobs of the queue are processed meanwhile. Default `false`.
 * @param options.opened - Called when the database is open, before the application starts, and with it the jobs.
 * @param options.logger - Default: errors are written to the terminal.
 */
export async function withServices<T>(
  { env, terminal }: CommandContext,
  work: (app: INestApplicationContext) => Promise<T>,
  {
    worker = false,
    opened,
    logger = ['error', 'fatal'],
  }: { worker?: boolean; opened?: () => void; logger?: LoggerService | LogLevel[] } = {},
): Promise<T> {
  const secretKey = env.auth.secretKey ?? (await developmentSecret(env.dataDir, terminal.notice));
  const database = await openDatabase(env, terminal.notice);
  try {
    opened?.();
    const app = await NestFactory.createApplicationContext(
      AppModule.forRoot(
        {
          ...env,
          auth: { ...env.auth, secretKey, worker },
          // The service may be running on this machine and use the port.
          metricsPort: worker ? env.metricsPort : undefined,
          metricsExport: worker ? env.metricsExport : undefined,
        },
        database.db,
        { keepsMail: false },
      ),
      { logger, abortOnError: false },
    );
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  } finally {
    await database.close();
  }
}
