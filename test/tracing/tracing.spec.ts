import { randomBytes } from 'node:crypto';
import * as sdk from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '../../src/env/telemetry/telemetry-options.js';
import { ServiceLogger } from '../../src/logs/service-logger.js';
import { contextOf, inSpan } from '../../src/spans/in-span.js';
import { samplerOf } from '../../src/tracing/sampler.js';
import { startTracing } from '../../src/tracing/tracing.js';
import { eventually } from '../support/eventually.js';
import { TraceCollector } from '../support/trace-collector.js';

let collector: TraceCollector;
let printed: string[];
beforeEach(async () => {
  collector = await TraceCollector.start();
  printed = [];
});
afterEach(() => collector.stop());

const settings = (url = `${collector.url}/v1/traces`): TracingOptions => ({
  url,
  headers: { authorization: 'Bearer s3cret' },
  serviceName: 'astra',
  ...{ sampler: 'parentbased_always_on', ratio: 1, continues: true },
});
const start = (url?: string) => {
  // One that was abandoned may still complain in the next test.
  const lines = printed;
  const print = (line: string) => void lines.push(line);
  return startTracing(settings(url), new ServiceLogger({ logLevel: 'info', production: true }, print));
};
/** Makes spans, as many at once. */
const make = (count: number) =>
  Promise.all(Array.from({ length: count }, () => inSpan('work', { parent: null }, () => Promise.resolve())));

describe('a collector that', () => {
  it('hangs holds up nothing, costs the memory of few spans, and a stop waits for it a few seconds', async () => {
    let isFirst = true;
    collector.answer = (response) => {
      if (isFirst) isFirst = false;
      else response.writeHead(200).end();
    };
    const tracing = await start();
    await make(512);
    await eventually(async () => expect(collector.spans).toHaveLength(512), 5_000);
    await make(20_000);
    const began = performance.now();
    await tracing.stop();
    expect(performance.now() - began).toBeLessThan(10_000);
    // As many wait at most; further ones are lost.
    await eventually(async () => expect(collector.spans).toHaveLength(512 + 2_048), 5_000);
  });

  it('is down ends nothing', async () => {
    const { url } = collector;
    await collector.stop();
    const tracing = await start(`${url}/v1/traces`);
    await make(1_000);
    await expect(tracing.stop()).resolves.toBeUndefined();
    collector = await TraceCollector.start();
  });

  it('rejects the spans is in the log, once, by its status alone', async () => {
    collector.answer = (response) => response.writeHead(401, 'No s3cret').end('Bearer s3cret is wrong');
    const tracing = await start();
    await make(1_500);
    await tracing.stop();
    expect(printed.map((line) => JSON.parse(line) as object)).toEqual([
      {
        time: expect.any(String),
        level: 'warn',
        message: 'Traces are lost: the collector did not accept them (401)',
      },
    ]);
  });
});

it('does not take the place of another SDK', async () => {
  const tracing = await start();
  await expect(start()).rejects.toThrow(
    'Another OpenTelemetry SDK is registered in this process. Remove it, or set OTEL_SDK_DISABLED=true.',
  );
  await make(1);
  await tracing.stop();
  expect(collector.spans.map(({ name }) => name)).toEqual(['work']);
  // Nothing is left of it.
  await make(1);
  await (await start()).stop();
  expect(collector.spans).toHaveLength(1);
});

it.each([
  ['always_on', 1, [true, true, true]],
  ['always_off', 1, [false, false, false]],
  ['traceidratio', 1, [true, true, true]],
  ['traceidratio', 0, [false, false, false]],
  ['parentbased_always_on', 0, [true, true, false]],
  ['parentbased_always_off', 1, [false, true, false]],
  ['parentbased_traceidratio', 0, [false, true, false]],
  ['parentbased_traceidratio', 1, [true, true, false]],
] as const)(
  'records with %s of %s what it should: alone, in a sampled trace, in another',
  (sampler, ratio, taken) => {
    const traceId = randomBytes(16).toString('hex');
    const parentOf = (traceFlags: number) => ({
      traceId,
      spanId: '00f067aa0ba902b7',
      traceFlags,
      isRemote: true,
    });
    const decide = (parent: ReturnType<typeof parentOf> | null) =>
      samplerOf({ sampler, ratio }, sdk).shouldSample(contextOf(parent), traceId, 'work', 0, {}, [])
        .decision === sdk.SamplingDecision.RECORD_AND_SAMPLED;
    expect([null, parentOf(1), parentOf(0)].map(decide)).toEqual(taken);
  },
);
