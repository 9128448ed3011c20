#!/usr/bin/env node
import { loadEnvironment, SettingsError } from './env.js';
import { serve } from './service/serve.js';

try {
  const service = await serve(loadEnvironment(), (line) => console.log(line));
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

/** One line says what is wrong; the stack is for whoever asks for it. */
function fail(error: Error): void {
  console.error(error.message);
  if (!(error instanceof SettingsError) && process.env.LOG_LEVEL === 'debug') console.error(error.stack);
  process.exit(1);
}
