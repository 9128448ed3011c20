import { once } from 'node:events';
import { type Environment, loadEnvironment } from '../env.js';
import { logProcess } from '../logs/process-log.js';
import { ServiceLogger } from '../logs/service-logger.js';
import { errorPlaces, errorText } from '../http/problem/error-text.js';
import { serve } from '../service/serve.js';

/** Time in ms that an interrupted start has for cleaning up. The database rolls back what is uncommitted. */
const GRACE_OF_A_START = 5_000;
/** Time in ms after which a stopping service exits regardless of unfinished work. */
const GRACE = 29_000;

/**
 * Runs the service until it is stopped, and exits the process: with 0 if it was stopped, even during its start; with 1
 * if it could not start, or did not stop in time.
 */
export async function runService(stopping: AbortSignal): Promise<void> {
  let env: Environment | undefined;
  try {
    env = loadEnvironment();
    const logger = new ServiceLogger(env);
    logProcess(logger, () => process.exit(1));
    const giveUpTheStart = () => setTimeout(() => process.exit(0), GRACE_OF_A_START);
    stopping.addEventListener('abort', giveUpTheStart);
    const service = await serve(env, logger, stopping);
    stopping.removeEventListener('abort', giveUpTheStart);
    if (!stopping.aborted) await once(stopping, 'abort');
    setTimeout(() => {
      logger.error('Some tasks did not finish in time. Exiting without waiting for them');
      process.exit(1);
    }, GRACE);
    await service.stop();
    process.exit(0);
  } catch (error) {
    if (error === stopping.reason) process.exit(0);
    fail(error as Error, env);
  }
}

/** Reports a failed start in one line. The stack is only printed at debug level. */
function fail(error: Error, env: Environment | undefined): void {
  const places = /debug|trace/.test(env?.logLevel ?? '') ? errorPlaces(error) : undefined;
  if (env?.production) new ServiceLogger(env).fatal(errorText(error), places);
  else console.error([error.message, places].filter(Boolean).join('\n'));
  process.exit(1);
}
