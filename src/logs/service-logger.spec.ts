import { Logger } from '@nestjs/common';
import { onBehalfOf } from '../http/request/request-context.js';
import { ServiceLogger } from './service-logger.js';

let printed: string[];
beforeEach(() => {
  printed = [];
});
afterEach(() => Logger.overrideLogger(true));

/** A logger of ours, as Nest hands it to everybody who has something to say. */
function start(settings: Partial<ConstructorParameters<typeof ServiceLogger>[0]> = {}): Logger {
  Logger.overrideLogger(
    new ServiceLogger({ logLevel: 'info', production: true, ...settings }, (line) => printed.push(line)),
  );
  return new Logger('Sundial');
}

const lines = () => printed.map((line) => JSON.parse(line) as Record<string, unknown>);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('the log in production', () => {
  it('has a line of JSON for each call', () => {
    const logger = start();
    logger.log('It is noon');
    logger.warn('It is late');
    expect(printed.join('')).toMatch(/^\{[^\n]+\}\n\{[^\n]+\}\n$/);
    expect(lines()).toEqual([
      { time, level: 'info', context: 'Sundial', message: 'It is noon' },
      { time, level: 'warn', context: 'Sundial', message: 'It is late' },
    ]);
  });

  it.each([
    ['trace', 6],
    ['debug', 5],
    ['info', 4],
    ['warn', 3],
    ['error', 2],
    ['fatal', 1],
    ['silent', 0],
  ] as const)('has at level %s what is as important', (logLevel, count) => {
    const logger = start({ logLevel });
    for (const level of ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] as const) logger[level]('Now');
    expect(lines()).toHaveLength(count);
  });

  it('names the request or the job that it was for', async () => {
    const logger = start();
    await onBehalfOf({ requestId: 'r-1', job: 'mail', jobId: 'j-1' }, async () => {
      await Promise.resolve();
      logger.warn('It rains');
    });
    expect(lines()).toEqual([
      {
        time,
        level: 'warn',
        context: 'Sundial',
        request_id: 'r-1',
        job: 'mail',
        job_id: 'j-1',
        message: 'It rains',
      },
    ]);
  });

  it('tells of an error its message and its places, and nothing that hangs on it', () => {
    const logger = start();
    const error = Object.assign(new Error('no such table'), {
      parameters: ['s3cret'],
      cause: new Error('s3cret'),
    });
    logger.error(error);
    logger.error('It failed', error.stack);
    logger.error('It failed');
    const stack = expect.stringMatching(/^ +at .*\n +at /);
    expect(lines()).toEqual([
      { time, level: 'error', context: 'Sundial', message: 'no such table', stack },
      { time, level: 'error', context: 'Sundial', message: 'It failed', stack },
      { time, level: 'error', context: 'Sundial', message: 'It failed' },
    ]);
    expect(printed.join('')).not.toContain('s3cret');
  });

  it('drops what it was not made for', () => {
    start().warn('It is late', { password: 's3cret' }, 17, ['s3cret']);
    expect(lines()).toEqual([{ time, level: 'warn', context: 'Sundial', message: 'It is late' }]);
  });

  it('leaves out what Nest says of its own start', () => {
    start();
    new Logger('RouterExplorer').log('Mapped {/, GET} route');
    expect(printed).toEqual([]);
  });
});

describe('the log in development', () => {
  it('is for people', () => {
    const logger = start({ production: false });
    logger.warn('It is late');
    onBehalfOf({ requestId: 'r-1' }, () =>
      logger.error('It failed', 'Error: no\n    at a (b:1:2)\n    at c (d:3:4)'),
    );
    expect(printed.join('')).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN  \[Sundial\] It is late\n\d\d:\d\d:\d\d\.\d{3} ERROR \[Sundial\] It failed request_id=r-1\n {4}at a \(b:1:2\)\n {4}at c \(d:3:4\)\n$/,
    );
  });
});

describe.each([true, false])('the log (production: %s)', (production) => {
  it.each(['\n', '\r\n', '\x1b[2K\r', '\u2028', '\u0085', '\x9b2K', '\u202e'])(
    'lets %j begin no line',
    (sign) => {
      const logger = start({ production });
      const forged = `${sign}{"level":"info","message":"forged"}`;
      logger.warn(`Nobody is called ada${forged}`);
      logger.error(new Error(`Nobody is called ada${forged}`));
      logger.warn('Late', `ada${forged}`);
      const text = printed.join('');
      expect(text).not.toMatch(/[^\n\x20-\x7e]/);
      for (const line of text
        .trimEnd()
        .split('\n')
        .filter((line) => !/^ +at /.test(line)))
        expect(line).toMatch(production ? /^\{"level":"(warn|error)".*\}$/ : /^[\d:.]{12} (WARN|ERROR) /);
    },
  );
});
