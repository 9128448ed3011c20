import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { poolOf } from '../../src/database/connections/pool.js';
import type { TracingOptions } from '../../src/env/telemetry/telemetry-options.js';
import { ServiceLogger } from '../../src/logs/service-logger.js';
import { inSpan } from '../../src/spans/in-span.js';
import { startTracing, type Tracing } from '../../src/tracing/tracing.js';
import { eventually } from '../support/eventually.js';
import { ada } from '../support/test-service.js';
import { type CollectedSpan, TraceCollector } from '../support/trace-collector.js';
import { WebhookAdmin } from '../support/webhook-admin.js';

const printed: string[] = [];
const print = (line: string) => void printed.push(line);
let collector: TraceCollector;
let tracing: Tracing;
let hooks: WebhookAdmin;

/** A trace of a client, with the header fields that name it. */
function newTrace(flags = '01') {
  const traceId = randomBytes(16).toString('hex');
  const parent = randomBytes(8).toString('hex');
  return { traceId, parent, headers: { traceparent: `00-${traceId}-${parent}-${flags}` } };
}

const traces = {
  signIn: newTrace(),
  refused: newTrace(),
  taken: newTrace(),
  unknown: newTrace(),
  undelivered: newTrace(),
  unsampled: newTrace('00'),
};
const malformed = `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`;

beforeAll(async () => {
  collector = await TraceCollector.start();
  const settings: TracingOptions = {
    url: `${collector.url}/v1/traces`,
    headers: { 'x-api-key': 'k3y' },
    serviceName: 'accounts',
    ...{ sampler: 'parentbased_always_on', ratio: 1, continues: true },
  };
  tracing = await startTracing(settings, new ServiceLogger({ logLevel: 'info', production: true }, print));
  hooks = await WebhookAdmin.start({ tracing: settings, print });
  await hooks.add({ types: ['session.started'] });
  await everythingThatIsTraced();
  await tracing.stop();
});
afterAll(async () => {
  await hooks.stop();
  await collector.stop();
});

async function everythingThatIsTraced(): Promise<void> {
  const { service, receiver, app } = hooks;
  const send = (path: string, body: unknown, headers: Record<string, string>) =>
    service.request('POST', path, { body, headers });
  const root = { username: 'root', password: 'Analytical1' };

  const device = { 'user-agent': 'Mozilla/5.0 (X11; Linux) Firefox/140.0' };
  const tracestate = 'vendor=of-the-client';
  const answer = await send('/auth/login', root, { ...device, ...traces.signIn.headers, tracestate });
  expect(answer.status).toBe(200);
  await app.mail('new-sign-in', 'root@example.com');
  await eventually(async () => expect(receiver.received).toHaveLength(1), 10_000);

  receiver.respond = (response) => void response.writeHead(500).end('s3cret answer');
  app.smtp.behave = (command) =>
    command === 'DATA' ? { code: 554, text: '5.7.1 s3cret refusal of root@example.com' } : 'accept';
  const phone = { 'user-agent': 'Mozilla/5.0 (iPhone) Safari/605' };
  expect((await send('/auth/login', root, { ...phone, ...traces.undelivered.headers })).status).toBe(200);
  await eventually(async () => {
    expect(receiver.received).toHaveLength(2);
    expect(printed.join('')).toContain('was given up');
  }, 10_000);
  app.smtp.behave = () => 'accept';
  receiver.respond = (response) => void response.writeHead(204).end();

  expect((await send('/auth/register', ada, {})).status).toBe(201);
  expect((await send('/auth/register', ada, traces.taken.headers)).status).toBe(409);
  expect((await send('/auth/login', { ...ada, email: 7 }, traces.refused.headers)).status).toBe(422);
  expect((await send('/s3cret/path?query=s3cret', {}, traces.unknown.headers)).status).toBe(404);
  await send('/auth/login', root, { ...device, ...traces.unsampled.headers });
  await send('/auth/login', root, { ...device, traceparent: malformed });
  await service.get('//health/ready');

  const pool = poolOf(service.app.get(DataSource));
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      inSpan(`waits ${i}`, { parent: null }, () => pool.query('SELECT pg_sleep(0.005), $1::int', [i])),
    ),
  );
  // Their jobs are done, and their spans ended, when they are gone from the queue.
  await eventually(async () => {
    const left = await service.database.query(
      `SELECT FROM astra_jobs.job WHERE name IN ('mail', 'webhook') AND state < 'completed' AND start_after <= now()`,
    );
    expect(left).toEqual([]);
  }, 10_000);
}

const spansOf = ({ traceId }: { traceId: string }) =>
  collector.spans.filter((span) => span.traceId === traceId);
function only(spans: CollectedSpan[], name: string, parent?: CollectedSpan): CollectedSpan {
  const found = spans.filter(
    (span) => span.name === name && (!parent || span.parentSpanId === parent.spanId),
  );
  expect([name, found.length]).toEqual([name, 1]);
  return found[0];
}
const lines = () => printed.map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the trace of a sign-in', () => {
  it('crosses HTTP, Postgres, the queue and SMTP, each below what caused it', () => {
    const spans = spansOf(traces.signIn);
    const request = only(spans, 'POST /api/v1/auth/login');
    expect(request).toMatchObject({ parentSpanId: traces.signIn.parent, traceState: 'vendor=of-the-client' });
    only(spans, 'hash password', request);
    only(spans, 'COMMIT', request);
    const sent = only(spans, 'send mail', request);
    only(spans, 'INSERT astra_jobs.job_common', sent);
    const processed = only(spans, 'process mail', sent);
    only(spans, 'SMTP send', processed);
    expect([sent, processed, request].map(({ kind }) => kind)).toEqual(['producer', 'consumer', 'server']);
    const ids = new Set([traces.signIn.parent, ...spans.map(({ spanId }) => spanId)]);
    expect(spans.filter(({ parentSpanId }) => !ids.has(parentSpanId))).toEqual([]);
  });

  it('is what the documentation shows', () => {
    const page = readFileSync(new URL('../../docs/tracing.md', import.meta.url), 'utf8');
    const [, shown] = /^span .*\n([^`]+)^```$/m.exec(page)!;
    const names = shown.split('\n').map((line) => line.replace(/ +[\d.]+ +[\d.]+$/, ''));
    // A new connection is set up by a SELECT without a table.
    const seen = collector.waterfall(traces.signIn.traceId).filter((line) => line.trim() !== 'SELECT');
    expect(names.filter(Boolean).sort()).toEqual(seen.sort());
  });

  it('crosses a webhook to its endpoint', () => {
    const spans = spansOf(traces.signIn);
    const processed = only(spans, 'process webhook', only(spans, 'send webhook'));
    const request = only(spans, 'POST', processed);
    expect(hooks.receiver.received[0].headers).toMatchObject({
      traceparent: `00-${traces.signIn.traceId}-${request.spanId}-01`,
      tracestate: 'vendor=of-the-client',
    });
    expect(request).toMatchObject({
      kind: 'client',
      attributes: {
        ...{ 'http.request.method': 'POST', 'http.response.status_code': 204, 'url.scheme': 'http' },
        ...{ 'server.address': '127.0.0.2', 'server.port': hooks.receiver.port },
      },
    });
  });

  it('has the attributes of the semantic conventions, and no others', () => {
    const spans = spansOf(traces.signIn);
    const { database } = hooks.service;
    const request = only(spans, 'POST /api/v1/auth/login');
    expect(request.attributes).toEqual({
      ...{ 'http.request.method': 'POST', 'http.response.status_code': 200 },
      ...{ 'http.route': '/api/v1/auth/login', 'url.scheme': 'http' },
    });
    expect(only(spans, 'COMMIT', request).attributes).toEqual({
      ...{ 'db.system.name': 'postgresql', 'db.namespace': database.connection.database },
      ...{ 'db.query.summary': 'COMMIT', 'db.query.text': 'COMMIT' },
      ...{ 'server.address': '127.0.0.1', 'server.port': database.connection.port },
    });
    expect(only(spans, 'process mail').attributes).toEqual({
      ...{ 'messaging.system': 'pg-boss', 'messaging.destination.name': 'mail' },
      ...{ 'messaging.operation.name': 'process', 'messaging.operation.type': 'process' },
      ...{ 'messaging.message.id': expect.any(String), 'astra.mail.template': 'new-sign-in' },
    });
    expect(only(spans, 'SMTP send').attributes).toEqual({
      ...{
        'network.protocol.name': 'smtp',
        'server.address': '127.0.0.1',
        'server.port': expect.any(Number),
      },
    });
    expect(spans.every(({ status, events }) => status.code === 0 && events === 0)).toBe(true);
  });

  it('is in each line of the log', () => {
    const { traceId } = traces.signIn;
    const { spanId } = only(spansOf(traces.signIn), 'POST /api/v1/auth/login');
    expect(lines()).toContainEqual(
      expect.objectContaining({ message: 'POST /api/v1/auth/login 200', trace_id: traceId, span_id: spanId }),
    );
  });
});

describe('what fails', () => {
  it('is marked with the kind of the failure, in the span where it failed', () => {
    const spans = spansOf(traces.undelivered);
    for (const [name, type] of [
      ['SMTP send', '554'],
      ['process mail', 'GiveUpError'],
      ['POST', '500'],
    ]) {
      // Its retry may be a part of the trace already.
      const failed = spans.find((span) => span.name === name && span.status.code !== 0);
      expect([name, failed?.attributes['error.type'], failed?.status]).toEqual([
        name,
        type,
        { code: 2, message: '' },
      ]);
    }
    const [taken] = spansOf(traces.taken).filter(({ status }) => status.code === 2);
    expect(taken).toMatchObject({ name: 'INSERT auth_users', attributes: { 'error.type': '23505' } });
  });

  it('is no failure of the service if the client is at fault', () => {
    const [request] = spansOf(traces.refused);
    expect(request).toMatchObject({
      status: { code: 0 },
      attributes: { 'http.response.status_code': 422, 'astra.problem': 'invalid-input' },
    });
  });

  it('has the trace in its line of the log, also in a job', () => {
    const span = only(spansOf(traces.undelivered), 'process mail');
    expect(lines().find(({ message }) => String(message).includes('was given up'))).toMatchObject({
      job: 'mail',
      trace_id: traces.undelivered.traceId,
      span_id: span.spanId,
    });
  });
});

describe('whose trace a request is part of', () => {
  it('is none that is not sampled, which is still in the log', () => {
    expect(spansOf(traces.unsampled)).toEqual([]);
    expect(lines().filter((line) => line.trace_id === traces.unsampled.traceId)).not.toEqual([]);
  });

  it('is its own, if it names none that can be', () => {
    expect(collector.spans.filter(({ traceId }) => traceId === '0'.repeat(32))).toEqual([]);
    expect(printed.join('')).not.toContain('0'.repeat(32));
    const own = collector.spans.filter(
      ({ name, parentSpanId }) => name.endsWith('/auth/login') && !parentSpanId,
    );
    expect(own.length).toBeGreaterThan(0);
  });

  it('is never that of another request, which waited for the same connections', () => {
    const waiting = collector.spans.filter(({ name }) => name.startsWith('waits'));
    const children = waiting.map((span) =>
      spansOf(span).filter(({ attributes }) => String(attributes['db.query.text']).includes('pg_sleep')),
    );
    expect(waiting).toHaveLength(40);
    expect(children.map((spans) => spans.length)).toEqual(waiting.map(() => 1));
  });
});

it('is known to the collector by the name of the service, and sent with the header fields', () => {
  expect(collector.spans[0].resource).toMatchObject({
    'service.name': 'accounts',
    'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
  for (const { path, headers } of collector.requests)
    expect([path, headers['x-api-key'], headers['content-type']]).toEqual([
      '/v1/traces',
      'k3y',
      'application/x-protobuf',
    ]);
});

it('contains nothing of a path, a query, an answer, an address of a user, or a health check', () => {
  expect(only(spansOf(traces.unknown), 'POST').attributes).toEqual({
    ...{ 'http.request.method': 'POST', 'http.response.status_code': 404, 'url.scheme': 'http' },
    'astra.problem': 'not-found',
  });
  const all = Buffer.concat(collector.bodies).toString('latin1');
  for (const secret of ['s3cret', 'Analytical1', '@example.com', 'Firefox', '/health/'])
    expect([secret, all.includes(secret)]).toEqual([secret, false]);
});
