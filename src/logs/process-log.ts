import { errorPlaces, errorText } from '../http/problem/error-text.js';
import type { ServiceLogger } from './service-logger.js';

/**
 * Logs warnings and uncaught errors in one line each; Node.js would print several lines, including all properties of an
 * error.
 *
 * @param end - Ends the process, whose state is undefined after an uncaught error.
 */
export function logProcess(logger: ServiceLogger, end: () => void): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => logger.warn(`${name}: ${message}`));
  process.on('uncaughtException', (error) => {
    const kind = error instanceof Error ? error.constructor.name : typeof error;
    logger.fatal(`Uncaught ${kind}. Exiting: ${errorText(error)}`, errorPlaces(error));
    end();
  });
}
