import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '../env/telemetry/tracing-options.js';
import { onceAMinute } from '../http/problem/once-a-minute.js';
import type { ServiceLogger } from '../logs/service-logger.js';
import { errorTypeOf } from '../spans/in-span.js';
import { version } from '../version.js';
import { traceQueries } from './query-spans.js';
import { samplerOf } from './sampler.js';

/** Traces that are recorded and sent to a collector. */
export interface Tracing {
  /** Sends the last spans, for which it waits 3 seconds at most, and ends the recording. */
  stop(): Promise<void>;
}

/** Optional peer dependencies, which are loaded only here. */
const PACKAGES = ['sdk-trace', 'exporter-trace-otlp-proto', 'context-async-hooks', 'resources'].map(
  (name) => `@opentelemetry/${name}`,
);

/** Time in ms for sending the last spans. */
const GRACE = 3_000;

/**
 * Records the traces of this process, and sends them to a collector in the background. While the collector is down or
 * slow, at most 2048 spans wait, and further ones are lost.
 *
 * @throws {Error} if the packages are not installed, or another SDK is registered; the message explains it.
 */
export async function startTracing(options: TracingOptions, logger: ServiceLogger): Promise<Tracing> {
  const { sdk, OTLPTraceExporter, AsyncLocalStorageContextManager, resources } = await load();
  const { url, headers, serviceName } = options;
  const { defaultResource, detectResources, resourceAttributesEnvDetector, resourceFromAttributes } =
    resources;
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers } });
  const provider = new sdk.TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.version': version }))
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
      .merge(resourceFromAttributes({ 'service.name': serviceName })),
    sampler: samplerOf(options, sdk),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: withComplaints(exporter, logger) })],
  });
  if (!trace.setGlobalTracerProvider(provider)) {
    await provider.shutdown();
    throw new Error(
      'Another OpenTelemetry SDK is registered in this process. Remove it, or set OTEL_SDK_DISABLED=true.',
    );
  }
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const untraceQueries = traceQueries();
  return {
    async stop() {
      untraceQueries();
      const sent = provider.shutdown().catch(() => undefined); // already logged
      await Promise.race([sent, sleep(GRACE, undefined, { ref: false })]);
      trace.disable();
      context.disable();
    },
  };
}

/** Loads the SDK. */
async function load() {
  try {
    const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, resources] = await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
    ]);
    return { sdk, OTLPTraceExporter, AsyncLocalStorageContextManager, resources };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(
      `Traces need packages that are not installed. Run "npm install ${PACKAGES.join(' ')}", or unset OTEL_EXPORTER_OTLP_ENDPOINT.`,
      { cause: error },
    );
  }
}

/** Logs failures. Only their codes: a collector that rejects a header field may repeat it. */
function withComplaints(exporter: SpanExporter, logger: ServiceLogger): SpanExporter {
  const mayComplain = onceAMinute();
  // Spans are sent on behalf of no request, although the timer was started by one.
  const warn = AsyncResource.bind((reason: string) =>
    logger.warn(`Traces are lost: the collector did not accept them (${reason})`),
  );
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error && mayComplain()) warn(errorTypeOf(result.error));
        done(result);
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
