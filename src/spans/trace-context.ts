import { isSpanContextValid, type Span, type SpanContext, trace } from '@opentelemetry/api';
import { readTraceState } from './trace-state.js';

/**
 * Position in a trace, in the form of W3C Trace Context: as header fields of HTTP, and stored with a job.
 *
 * Baggage is not part of it. It can hold anything, and nobody knows who may read it.
 */
export interface TraceFields {
  /** Ids of the trace and of the span, and whether it is sampled. */
  traceparent?: string;
  /** Data of tracing systems, at most 512 characters. */
  tracestate?: string;
}

/** Under this key, a request holds its span. */
export const SPAN: unique symbol = Symbol('astra:span');

/** Request that may have a span. */
export interface TracedRequest {
  [SPAN]?: Span;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** A longer value is of no known version. */
const MAX_TRACEPARENT = 255;

/**
 * Reads the position in a trace that someone sent. Both fields are untrusted.
 *
 * @returns `undefined` unless `traceparent` is well-formed (W3C Trace Context, 3.2). A malformed `tracestate` is ignored.
 */
export function readTraceFields(fields: Readonly<Record<string, unknown>>): SpanContext | undefined {
  const { traceparent } = fields;
  if (typeof traceparent !== 'string' || traceparent.length > MAX_TRACEPARENT) return undefined;
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(traceparent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  const traceState = readTraceState(fields.tracestate);
  const context = {
    traceId,
    spanId,
    // Only whether it is sampled: the meaning of other flags may change.
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(traceState && { traceState }),
  };
  return isSpanContextValid(context) ? context : undefined;
}

/** Returns the active span in the form in which others continue its trace; no fields if there is none. */
export function traceFields(): TraceFields {
  const context = trace.getActiveSpan()?.spanContext();
  if (!context || !isSpanContextValid(context)) return {};
  const { traceId, spanId, traceFlags, traceState } = context;
  const tracestate = traceState?.serialize();
  const traceparent = `00-${traceId}-${spanId}-${(traceFlags & 1).toString().padStart(2, '0')}`;
  return { traceparent, ...(tracestate && { tracestate }) };
}

/** Returns the ids of the active span under the names that logs give them; no fields if there is none. */
export function currentTraceIds(): { trace_id?: string; span_id?: string } {
  const context = trace.getActiveSpan()?.spanContext();
  if (!context || !isSpanContextValid(context)) return {};
  return { trace_id: context.traceId, span_id: context.spanId };
}
