import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { Program } from '../support/program.js';
import { TestSmtpServer } from '../support/smtp-server.js';
import { connectionUrl, TestDatabase } from '../support/test-database.js';
import { ada, SECRET_KEY } from '../support/test-service.js';
import { TraceCollector } from '../support/trace-collector.js';

let database: TestDatabase;
let smtp: TestSmtpServer;
let collector: TraceCollector;
let folder: string;
const programs: Program[] = [];
beforeAll(async () => {
  database = await TestDatabase.create();
  smtp = await TestSmtpServer.start();
  collector = await TraceCollector.start();
  folder = await mkdtemp(join(tmpdir(), 'astra-traces-'));
});
afterAll(async () => {
  for (const program of programs) program.interrupt();
  await Promise.all(programs.map((program) => program.exit));
  await collector.stop();
  await smtp.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

function run(script: string, args: string[], settings: Record<string, string> = {}): Program {
  const program = Program.start(script, args, {
    ...{ NODE_ENV: 'production', SECRET_KEY, HOST: '127.0.0.1', PORT: '0', SHUTDOWN_DELAY_SECONDS: '0' },
    ...{ DATA_DIR: folder, DATABASE_URL: connectionUrl(database.serviceConnection), SMTP_URL: smtp.url },
    ...{ PUBLIC_URL: 'https://accounts.example', LOG_LEVEL: 'info' },
    NODE_OPTIONS: `--import ${new URL('../support/opentelemetry-hooks.mjs', import.meta.url).href}`,
    ...settings,
  });
  programs.push(program);
  return program;
}
const address = (program: Program) => program.says(/listens at (http:\/\/127\.0\.0\.1:\d+)/);
const loadedBy = ({ output }: Program) => /^Loaded: (.*)$/m.exec(output)?.[1].split(' ') ?? [];

it('a trace goes on in the process that runs the jobs, and the last spans are sent when both stop', async () => {
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'stage=test' };
  const service = run('main.ts', [], { ...settings, WORKER: 'off' });
  const url = await address(service);
  // Only now, since both together take long on few cores.
  const worker = run('cli.ts', ['work'], { ...settings, OTEL_SERVICE_NAME: 'astra-worker' });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(ada);
  expect((await fetch(`${url}/api/v1/auth/register`, { method: 'POST', headers, body })).status).toBe(201);
  await eventually(async () => expect(smtp.received).toHaveLength(1), 20_000);
  for (const program of [service, worker]) program.terminate();
  expect(await Promise.all([service.exit, worker.exit])).toEqual([0, 0]);

  const { traceId } = collector.spans.find(({ name }) => name === 'POST /api/v1/auth/register')!;
  const lines = collector
    .waterfall(traceId, ({ name, resource }) => `${name} (${String(resource['service.name'])})`)
    .filter((line) => !/^ *(INSERT|SELECT|START|COMMIT|BEGIN|WITH|UPDATE|DELETE)/.test(line));
  expect(lines).toEqual([
    'POST /api/v1/auth/register (astra)',
    '  hash password (astra)',
    '  send mail (astra)',
    '    process mail (astra-worker)',
    '      SMTP send (astra-worker)',
  ]);
  expect(collector.spans.every(({ resource }) => resource.stage === 'test')).toBe(true);
  expect(service.output).toContain(`"trace_id":"${traceId}"`);
  for (const program of [service, worker])
    expect(loadedBy(program)).toEqual(
      expect.arrayContaining(['@opentelemetry/exporter-trace-otlp-proto', '@opentelemetry/sdk-trace']),
    );
});

it('without the setting, nothing of the SDK is loaded, and the trace of a proxy is in the log all the same', async () => {
  const service = run('main.ts', []);
  const url = await address(service);
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const sent = await fetch(`${url}/api/v1/users/me`, {
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  });
  expect(sent.status).toBe(401);
  await fetch(`${url}/api/v1/users/me`, { headers: { traceparent: 's3cret' } });
  service.terminate();
  expect(await service.exit).toBe(0);
  const lines = service.printed.split('\n').filter((line) => line.includes('/users/me'));
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ status: 401, trace_id: traceId }),
    expect.not.objectContaining({ trace_id: expect.anything() }),
  ]);
  expect(service.output).not.toContain('s3cret');
  expect(loadedBy(service)).toEqual(['@opentelemetry/api']);
});

it('a start without the packages says which to install', async () => {
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    WITHOUT_PACKAGE: '@opentelemetry/exporter-trace-otlp-proto',
  };
  const starts = [run('main.ts', [], settings), run('cli.ts', ['work'], settings)];
  expect(await Promise.all(starts.map(({ exit }) => exit))).toEqual([1, 1]);
  for (const { output } of starts)
    expect(output.replaceAll('\\"', '"')).toContain(
      'Traces need packages that are not installed. Run "npm install @opentelemetry/sdk-trace @opentelemetry/exporter-trace-otlp-proto @opentelemetry/context-async-hooks @opentelemetry/resources", or unset OTEL_EXPORTER_OTLP_ENDPOINT.',
    );
});
