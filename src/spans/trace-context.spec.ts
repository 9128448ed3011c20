import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { contextOf } from './in-span.js';
import { currentTraceIds, readTraceFields, traceFields } from './trace-context.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${spanId}-01`;

beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

describe('a position in a trace', () => {
  it.each([
    ['sampled', traceparent, 1],
    ['not sampled', `00-${traceId}-${spanId}-00`, 0],
    ['of unknown flags', `00-${traceId}-${spanId}-ff`, 1],
    ['of a later version', `cc-${traceId}-${spanId}-01`, 1],
    ['of a later version with more in it', `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`, 1],
  ])('is read: one that is %s', (_, field, traceFlags) => {
    expect(readTraceFields({ traceparent: field })).toEqual({ traceId, spanId, traceFlags, isRemote: true });
  });

  it.each([
    undefined,
    null,
    1,
    {},
    [traceparent],
    '',
    'x',
    traceparent.toUpperCase(),
    ` ${traceparent}`,
    `${traceparent}\n`,
    `${traceparent}-`,
    `${traceparent}, ${traceparent}`,
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-1`,
    `00-${traceId.slice(1)}-${spanId}-01`,
    `cc-${traceId}-${spanId}-01x`,
    `cc-${traceId}-${spanId}-01-${'x'.repeat(1e6)}`,
  ])('is not read from what is none: %.80j', (field) => {
    expect(readTraceFields({ traceparent: field, tracestate: 'a=1' })).toBeUndefined();
  });

  it('keeps the data of tracing systems, unless it is malformed or too long', () => {
    const stateIn = (tracestate: unknown) =>
      readTraceFields({ traceparent, tracestate })?.traceState?.serialize();
    expect(stateIn('congo=t61rcWkgMzE,rojo=00f067aa')).toBe('congo=t61rcWkgMzE,rojo=00f067aa');
    for (const none of [
      undefined,
      1,
      ['a=1'],
      '',
      'nonsense',
      'A=1',
      'a=1,b',
      'a=b=c',
      'a=\n',
      `a=${'x'.repeat(511)}`,
      'a=\u00fc',
    ])
      expect([none, stateIn(none) || undefined]).toEqual([none, undefined]);
    expect(stateIn(' a=1 ,, 0t@v/x*y-z_=x y! ')).toBe('a=1,0t@v/x*y-z_=x y!');
    for (const many of [32, 33]) {
      const text = Array.from({ length: many }, (_, i) => `k${i}=1`).join();
      expect(stateIn(text)).toBe(many === 32 ? text : undefined);
    }
  });

  it('lets an SDK change the data', () => {
    const state = readTraceFields({ traceparent, tracestate: 'a=1,b=2' })?.traceState;
    expect([state?.get('b'), state?.get('c')]).toEqual(['2', undefined]);
    expect(state?.set('b', '3').serialize()).toBe('b=3,a=1');
    expect(state?.unset('a').serialize()).toBe('b=2');
  });

  it.each(['congo=t61rcWkgMzE', undefined])('is passed on as it was read (tracestate: %s)', (tracestate) => {
    const fields = { traceparent, ...(tracestate && { tracestate }) };
    context.with(contextOf(readTraceFields(fields)), () => {
      expect(traceFields()).toEqual(fields);
      expect(currentTraceIds()).toEqual({ trace_id: traceId, span_id: spanId });
    });
  });

  it('has no fields where there is none', () => {
    expect([traceFields(), currentTraceIds()]).toEqual([{}, {}]);
    const unrecorded = trace.getTracer('test').startSpan('without an SDK');
    context.with(trace.setSpan(context.active(), unrecorded), () =>
      expect([traceFields(), currentTraceIds()]).toEqual([{}, {}]),
    );
  });
});
