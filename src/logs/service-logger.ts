import type { LoggerService } from '@nestjs/common';
import { destination, type Level, type Logger, pino } from 'pino';
import type { Environment } from '../env.js';
import { errorPlaces, errorText, placesIn } from '../http/problem/error-text.js';
import { currentCause } from '../http/request/request-context.js';
import type { AnsweredRequest } from './answered-request.js';
import { readable } from './readable.js';

/** All that a line can tell besides its time, its level and its words. There is no way to write anything else. */
interface Fields extends Partial<AnsweredRequest> {
  /** The class that has something to say. */
  context?: string;
  job?: string;
  job_id?: string;
  /** Where an error was thrown. */
  stack?: string;
}

/** Nest's own, which say at a start what the source says as well. */
const FRAMEWORK = /^(InstanceLoader|RouterExplorer|RoutesResolver|NestFactory|NestApplication)$/;

/** Bytes of lines that wait for a standard output that nobody reads; those after them are lost. */
const MAX_WAITING = 16 * 1024 * 1024;

/**
 * The log of the stand-alone service: a line of JSON an event in production, lines for people in development. Our code
 * goes on calling Nest's `Logger`, with one sentence; it ends here, and in a host in the host's own log.
 */
export class ServiceLogger implements LoggerService {
  private readonly pino: Logger;
  private readonly production: boolean;

  /** @param print - Is given each line, with its line break. Default: standard output. */
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
        // No process id or host name: who collects the lines knows from where.
        base: null,
        messageKey: 'message',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
      },
      { write },
    );
  }

  /** Tells what became of a request. */
  answered(request: AnsweredRequest): void {
    const { method, route, status } = request;
    const level = status === 503 ? 'warn' : status >= 500 ? 'error' : 'info';
    this.write(level, [method, route, status].filter(Boolean).join(' '), request);
  }

  /** Tells whoever started the service how far it is; in development in plain words, whatever the level. */
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

  /** Of an error only its message and its places: what else hangs on it (a query's parameters) is nobody's business. */
  private say(level: Level, message: unknown, { context, stack = errorPlaces(message) }: Fields): void {
    const { requestId, serverRequestId, job, jobId } = currentCause() ?? {};
    const cause = { request_id: requestId, server_request_id: serverRequestId, job, job_id: jobId };
    this.write(level, errorText(message), { context, ...cause, stack });
  }

  private write(level: Level, message: string, fields: Fields): void {
    this.pino[level](fields, message);
  }
}

/** Nest hands over what it was given, of an error the stack, and last the name of the class. */
function take(rest: unknown[]): Fields {
  const texts = rest.filter((value) => typeof value === 'string');
  return {
    context: texts.findLast((text) => !placesIn(text)),
    stack: texts.map(placesIn).find((places) => places),
  };
}

/** Without waiting for it, and in one go what came meanwhile. What still waits is written when the process ends. */
function printInTheBackground(): (line: string) => void {
  const output = destination({ fd: 1, sync: false, maxLength: MAX_WAITING });
  return (line) => output.write(line);
}
