import {
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';

/** Returns the tracer of the registered OpenTelemetry SDK. Without one, its spans do nothing. */
export function tracer(): Tracer {
  return trace.getTracer('nestjs-astra');
}

/** Options of a span. */
export interface InSpanOptions extends SpanOptions {
  /**
   * Span that caused this one, possibly in another process; `null` if there is none, which starts a trace. Default: the
   * active span.
   */
  parent?: SpanContext | null;
}

/** Runs work in a span of its own, which fails if the work does. */
export function inSpan<T>(
  name: string,
  { parent, ...options }: InSpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const outer = parent === undefined ? context.active() : contextOf(parent);
  return tracer().startActiveSpan(name, options, outer, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      markFailed(span, errorTypeOf(error));
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Returns a context with only a span, or with nothing. */
export function contextOf(parent: SpanContext | null | undefined) {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/**
 * Marks a span as failed.
 *
 * @param type - Kind of the failure. No message, which may repeat what a client sent or contain a secret.
 */
export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
}

/** Returns the code of an error, such as `ECONNREFUSED` or 503, otherwise its reason in one word, or its class. */
export function errorTypeOf(error: unknown): string {
  const { code, reason } = (error ?? {}) as { code?: unknown; reason?: unknown };
  for (const word of [code, reason])
    if (typeof word === 'number' || (typeof word === 'string' && /^\w{1,64}$/.test(word)))
      return String(word);
  return error instanceof Error ? error.constructor.name : typeof error;
}
