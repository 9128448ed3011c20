import { once } from 'node:events';
import { type Environment, loadEnvironment } from '../env.js';
import { logProcess } from '../logs/process-log.js';
import { ServiceLogger } from '../logs/service-logger.js';
import { errorPlaces, errorText } from '../http/problem/error-text.js';
import { serve } from '../service/serve.js';

/** In ms: for how long a start that was stopped may tidy up. What was not committed is undone by the database. */
const GRACE_OF_A_START = 5_000;
/** In ms: within which a service that was stopped has ended, whatever still holds it up. */
const GRACE = 29_000;

/**
 * Runs the service until it is stopped, and ends the process: with 0 if it was stopped, also in the middle of its start;
 * with 1 if it could not start, or could not stop in time.
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

/** One line says what is wrong; where it was thrown is for whoever asks for it. */
function fail(error: Error, env: Environment | undefined): void {
  const places = /debug|trace/.test(env?.logLevel ?? '') ? errorPlaces(error) : undefined;
  if (env?.production) new ServiceLogger(env).fatal(errorText(error), places);
  else console.error([error.message, places].filter(Boolean).join('\n'));
  process.exit(1);
}
