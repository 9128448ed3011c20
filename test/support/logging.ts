import { logProcess } from '../../src/logs/process-log.js';
import { ServiceLogger } from '../../src/logs/service-logger.js';

// A process that logs as the service does in production: some lines at once, and, 2 s later, as many and an uncaught error.
const LINES = 100;
const logger = new ServiceLogger({ logLevel: 'info', production: true });
// oxlint-disable-next-line unicorn/no-process-exit -- the process is its own, and ends as the service does
logProcess(logger, () => process.exit(1));
const logSome = () => {
  for (let i = 1; i <= LINES; i++) logger.log(`line ${i} of ${LINES}`);
};
logSome();
setTimeout(() => {
  logSome();
  throw new TypeError('nobody catches this');
}, 2_000);
