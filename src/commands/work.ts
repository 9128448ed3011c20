import { setTimeout as sleep } from 'node:timers/promises';
import { logProcess } from '../logs/process-log.js';
import { ServiceLogger } from '../logs/service-logger.js';
import type { Command } from './command.js';
import { withServices } from './with-services.js';

const DAY = 24 * 60 * 60 * 1000;

/** Works on the queue and nothing else, for a service that leaves that to others (`WORKER=off`). */
export const work: Command = {
  usage: 'work',
  does: 'Runs the jobs of the queue, such as sending messages, until it is stopped.',

  async run(_args, context) {
    const logger = new ServiceLogger(context.env);
    logProcess(logger, () => process.exit(1));
    await withServices(
      context,
      async () => {
        // Not before there is work to finish: until then the command ends at once.
        const stopping = new AbortController();
        const stop = () => stopping.abort();
        process.once('SIGINT', stop).once('SIGTERM', stop);
        logger.notice('Running the jobs of the queue');
        // Its connections to the database alone do not keep a process alive while Postgres is away.
        while (!stopping.signal.aborted)
          await sleep(DAY, undefined, { signal: stopping.signal }).catch(() => undefined);
      },
      { worker: true, logger },
    );
  },
};
