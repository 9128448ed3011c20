import { type Environment, loadEnvironment } from './env.js';
import { logProcess } from './logs/process-log.js';
import { ServiceLogger } from './logs/service-logger.js';
import { errorPlaces, errorText } from './problem/error-text.js';
import { serve } from './service/serve.js';

let env: Environment | undefined;
try {
  env = loadEnvironment();
  const logger = new ServiceLogger(env);
  logProcess(logger, () => process.exit(1));
  const service = await serve(env, logger);
  const stop = () => {
    service.stop().then(
      () => process.exit(0),
      (error: Error) => fail(error),
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} catch (error) {
  fail(error as Error);
}

/** One line says what is wrong; where it was thrown is for whoever asks for it. */
function fail(error: Error): void {
  const places = /debug|trace/.test(env?.logLevel ?? '') ? errorPlaces(error) : undefined;
  if (env?.production) new ServiceLogger(env).fatal(errorText(error), places);
  else console.error([error.message, places].filter(Boolean).join('\n'));
  process.exit(1);
}
