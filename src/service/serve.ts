import { type AddressInfo, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app/app.setup.js';
import type { Environment } from '../env.js';
import { HealthService } from '../health/health.service.js';
import type { ServiceLogger } from '../logs/service-logger.js';
import { MetricsServer } from '../metrics/metrics-server.js';
import { startTracing } from '../tracing/tracing.js';
import { name, version } from '../version.js';
import { developmentSecret } from './development-secret.js';
import { ensureAdministrator } from '../auth/first-administrator.js';
import { openDatabase } from './open-database.js';
import { yieldToMainThread } from './worker-threads.js';

/** Running service. */
export interface RunningService {
  /** URL that it listens on, such as `http://localhost:8000`. */
  url: string;
  /**
   * Reports that it is not ready, keeps serving for `shutdownDelay` until load balancers notice, then stops accepting
   * requests, finishes the accepted ones, and closes everything.
   */
  stop(): Promise<void>;
}

/**
 * Starts the stand-alone service.
 *
 * @param logger - Logs the progress of the start, and everything afterwards.
 * @param stopping - Aborts the start with its reason, after closing what is open.
 * @throws {Error} if the database, its tables or the port cannot be used; the message explains it.
 */
export async function serve(
  env: Environment,
  logger: ServiceLogger,
  stopping?: AbortSignal,
): Promise<RunningService> {
  await yieldToMainThread();
  const notice = (line: string) => logger.notice(line);
  // For what is logged before there is an application, such as about the database.
  Logger.overrideLogger(logger);
  for (const warning of env.warnings) logger.warn(warning);
  const secretKey = env.auth.secretKey ?? (await developmentSecret(env.dataDir, notice));
  const tracing = env.tracing && (await startTracing(env.tracing, logger));
  const database = await openDatabase(env, notice, stopping).catch(async (error: unknown) => {
    await tracing?.stop();
    throw error;
  });
  let app: NestFastifyApplication | undefined;
  const close = async () => {
    await app?.close();
    await database.close();
    await tracing?.stop();
  };
  try {
    app = await createApp({ ...env, auth: { ...env.auth, secretKey } }, database.db, logger);
    if (env.admin && (await ensureAdministrator(app, env.admin)))
      notice(`Created the admin ${env.admin.username}`);
    stopping?.throwIfAborted();
    const url = await listen(app, env);
    const health = app.get(HealthService);
    const metricsPort = env.metricsPort === undefined ? undefined : app.get(MetricsServer).port;
    if (env.production) {
      notice(`${name} ${version} listens at ${url}; the database is ${database.where}`);
    } else {
      notice(`${name} ${version}`);
      notice(`  API       ${url}/api/v1`);
      if (env.console) notice(`  Console   ${url}/console`);
      if (env.docs) notice(`  Docs      ${url}/docs`);
      if (metricsPort) notice(`  Metrics   ${urlOf(env.metricsHost, metricsPort)}/metrics`);
      if (env.metricsExport) notice(`  Metrics   ${new URL(env.metricsExport.url).origin}`);
      if (env.tracing) notice(`  Traces    ${new URL(env.tracing.url).origin}`);
      notice(`  Mail      ${url}/dev/mail`);
      notice(`  Database  ${database.where}`);
    }
    return {
      url,
      async stop() {
        health.shutDown();
        await sleep(env.shutdownDelay * 1_000);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts listening. Frequent errors are explained with the setting to change. */
async function listen(app: NestFastifyApplication, { host, port }: Environment): Promise<string> {
  const server = app.getHttpAdapter().getInstance();
  try {
    // Not through Nest, which would log the error a second time.
    await server.listen({ port, host });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${port} is in use. Set PORT to another port, or to 0 for any free port.`, {
        cause: error,
      });
    if (code === 'EACCES')
      throw new Error(`Port ${port} requires additional privileges. Set PORT to a port above 1023.`, {
        cause: error,
      });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new Error(`This machine has no address ${host}. Set HOST to an address of this machine.`, {
        cause: error,
      });
    throw error;
  }
  const { port: bound } = server.server.address() as AddressInfo;
  return urlOf(host, bound);
}

/** Returns a URL that can be opened in a browser, unlike `http://0.0.0.0`. */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}
