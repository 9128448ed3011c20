import { errorPlaces, errorText } from '../http/problem/error-text.js';
import type { ServiceLogger } from './service-logger.js';

/**
 * Has a process log what Node would print in several lines, with everything that hangs on an error: warnings, and an
 * error that nobody caught.
 *
 * @param end - Ends the process, whose state nobody knows after such an error.
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
