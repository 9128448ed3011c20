import { setTimeout as sleep } from 'node:timers/promises';
import { logProcess } from '../logs/process-log.js';
import { ServiceLogger } from '../logs/service-logger.js';
import { startTracing } from '../tracing/tracing.js';
import type { Command } from './command.js';
import { withServices } from './with-services.js';

const DAY = 24 * 60 * 60 * 1000;

/** Processes the jobs of the queue, for services that do not (`WORKER=off`). */
export const work: Command = {
  usage: 'work',
  does: 'Runs the jobs of the queue, such as sending messages, until it is stopped.',

  async run(_args, context) {
    const logger = new ServiceLogger(context.env);
    logProcess(logger, () => process.exit(1));
    const { tracing: settings } = context.env;
    const tracing = settings && (await startTracing(settings, logger));
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    try {
      await withServices(
        context,
        async () => {
          logger.notice('Running the jobs of the queue');
          // While Postgres is unavailable, nothing else keeps the process alive.
          while (!stopping.signal.aborted)
            await sleep(DAY, undefined, { signal: stopping.signal }).catch(() => undefined);
        },
        {
          worker: true,
          logger,
          // Until there can be work to finish, a signal ends the command at once. The first job runs before the last
          // kind of jobs has started.
          opened: () => process.once('SIGINT', stop).once('SIGTERM', stop),
        },
      );
    } finally {
      await tracing?.stop();
    }
  },
};
