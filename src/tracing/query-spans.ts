import { AsyncResource } from 'node:async_hooks';
import { type Span, SpanKind, trace } from '@opentelemetry/api';
import pg from 'pg';
import { errorTypeOf, markFailed, tracer } from '../spans/in-span.js';
import { querySummary, queryText } from './query-text.js';

/** Any of the signatures of a method of the driver. */
type Method<This = unknown> = (this: This, ...args: unknown[]) => unknown;

/**
 * Has the driver make a span of each query that is part of a trace; polls of the queue, for example, are not. The
 * instrumentation of OpenTelemetry for it would have to be loaded before any module of the service.
 *
 * @returns a function that undoes it.
 */
export function traceQueries(): () => void {
  const client = pg.Client.prototype as unknown as Record<'query', Method<pg.Client>>;
  const pool = pg.Pool.prototype as unknown as Record<'connect', Method<pg.Pool>>;
  const { query } = client;
  const { connect } = pool;
  client.query = function (...args) {
    const text = textOf(args[0]);
    if (text === undefined || !trace.getActiveSpan()?.isRecording()) return query.apply(this, args);
    return traced(startSpan(this, text), query.bind(this), args);
  };
  // A callback that waits for a connection is called by the request that returns it, whose trace would be the active one.
  pool.connect = function (...args) {
    return connect.apply(
      this,
      args.map((arg) => (typeof arg === 'function' ? AsyncResource.bind(arg as () => void) : arg)),
    );
  };
  return () => {
    client.query = query;
    pool.connect = connect;
  };
}

/** Returns the statement; `undefined` for queries that do not say when they end, such as COPY. */
function textOf(config: unknown): string | undefined {
  if (typeof config === 'string') return config;
  const { text, submit } = (config ?? {}) as { text?: unknown; submit?: unknown };
  return typeof text === 'string' && typeof submit !== 'function' ? text : undefined;
}

function startSpan({ database, host, port }: pg.Client, text: string): Span {
  const summary = querySummary(text);
  return tracer().startSpan(summary, {
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': database,
      'db.query.summary': summary,
      // Values are sent apart from it, and are not part of the span.
      'db.query.text': queryText(text),
      'server.address': host,
      'server.port': port,
    },
  });
}

/** Sends a query, and ends its span with the result. */
function traced(span: Span, query: Method, args: unknown[]): unknown {
  const end = (error?: unknown) => {
    if (error) markFailed(span, errorTypeOf(error));
    span.end();
  };
  const last = args.at(-1);
  if (typeof last === 'function') {
    const callback = AsyncResource.bind(last as Method);
    const ending: Method = (error, result) => {
      end(error);
      callback(error, result);
    };
    return query(...args.slice(0, -1), ending);
  }
  const result = query(...args) as Promise<unknown>;
  result.then(() => end(), end);
  return result;
}
