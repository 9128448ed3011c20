import type { LoggerService } from '@nestjs/common';
import { destination, type Level, type Logger, pino } from 'pino';
import type { Environment } from '../env.js';
import { errorPlaces, errorText, placesIn } from '../http/problem/error-text.js';
import { currentCause } from '../http/request/request-context.js';
import { withoutApiKeys } from '../http/request/without-api-keys.js';
import { currentTraceIds } from '../spans/trace-context.js';
import type { AnsweredRequest } from './answered-request.js';
import { readable } from './readable.js';

/** Fields of a log line in addition to time, level and message. No other field can be written. */
interface Fields extends Partial<AnsweredRequest> {
  /** Class that logs. */
  context?: string;
  job?: string;
  job_id?: string;
  /** Stack of an error. */
  stack?: string;
}

/** Contexts of Nest whose startup messages only repeat the source code. */
const FRAMEWORK = /^(InstanceLoader|RouterExplorer|RoutesResolver|NestFactory|NestApplication)$/;

/** Maximum of buffered bytes while nobody reads standard output; further lines are lost. */
const MAX_WAITING = 16 * 1024 * 1024;

/** Bytes of lines that are written at once, and time in ms after which fewer are. A write takes as long as making a line. */
const [TOGETHER, PATIENCE] = [4096, 50];

/**
 * Logger of the stand-alone service: one JSON line per event in production, readable lines in development. All code
 * calls Nest's `Logger` with one sentence, which ends up here or, in a host, in the host's own log.
 */
export class ServiceLogger implements LoggerService {
  private readonly pino: Logger;
  private readonly production: boolean;

  /** @param print - Called with each line including its line break. Default: standard output. */
  constructor(
    { logLevel, production }: Pick<Environment, 'logLevel' | 'production'>,
    private readonly print: (line: string) => void = production
      ? printInTheBackground()
      : (line) => process.stdout.write(line),
  ) {
    this.production = production;
    const write = (line: string) => print(production ? line : readable(line));
    this.pino = pino(
      {
        level: logLevel,
        // No process id and host name, which the log collector knows.
        base: null,
        messageKey: 'message',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
      },
      { write },
    );
  }

  /** Logs the outcome of a request. */
  answered(request: AnsweredRequest): void {
    const { method, route, status } = request;
    const level = status === 503 ? 'warn' : status >= 500 ? 'error' : 'info';
    this.write(level, [method, route, status].filter(Boolean).join(' '), request);
  }

  /** Logs the progress of the start; in development as plain text, regardless of the level. */
  notice(line: string): void {
    if (this.production) this.log(line);
    else this.print(`${line}\n`);
  }

  log(message: unknown, ...rest: unknown[]): void {
    const { context } = take(rest);
    this.say(context && FRAMEWORK.test(context) ? 'debug' : 'info', message, { context });
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.say('warn', message, take(rest));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.say('debug', message, take(rest));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.say('trace', message, take(rest));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.say('error', message, take(rest));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.say('fatal', message, take(rest));
  }

  /**
   * Logs a message. Of an error, only message and stack are logged; its other properties, such as the parameters of a
   * query, may contain secrets.
   */
  private say(level: Level, message: unknown, { context, stack = errorPlaces(message) }: Fields): void {
    const { requestId, serverRequestId, job, jobId } = currentCause() ?? {};
    const cause = { request_id: requestId, server_request_id: serverRequestId, job, job_id: jobId };
    this.write(level, errorText(message), { context, ...cause, ...currentTraceIds(), stack });
  }

  private write(level: Level, message: string, fields: Fields): void {
    const { reason, stack } = fields;
    // An error may repeat what a client sent.
    const texts = {
      ...(reason && { reason: withoutApiKeys(reason) }),
      ...(stack && { stack: withoutApiKeys(stack) }),
    };
    this.pino[level]({ ...fields, ...texts }, withoutApiKeys(message));
  }
}

/** Parses the arguments that Nest appends: those of the caller, the stack of an error, and last the class name. */
function take(rest: unknown[]): Fields {
  const texts = rest.filter((value) => typeof value === 'string');
  return {
    context: texts.findLast((text) => !placesIn(text)),
    stack: texts.map(placesIn).find((places) => places),
  };
}

/**
 * Returns a function that writes asynchronously, several lines at once. Remaining ones are written when the process exits,
 * also after an uncaught error, but not when it is killed.
 */
function printInTheBackground(): (line: string) => void {
  const output = destination({
    fd: 1,
    sync: false,
    minLength: TOGETHER,
    periodicFlush: PATIENCE,
    maxLength: MAX_WAITING,
  });
  return (line) => output.write(line);
}
