import { context, trace } from '@opentelemetry/api';
import type { TracingOptions } from '../env/telemetry/telemetry-options.js';
import type { ServiceLogger } from '../logs/service-logger.js';
import { traceQueries } from './query-spans.js';
import { samplerOf } from './sampler.js';
import { endSoon, packagesMissing, resourceOf, withComplaints } from './telemetry.js';

/** Traces that are recorded and sent to a collector. */
export interface Tracing {
  /** Sends the last spans, for which it waits 3 seconds at most, and ends the recording. */
  stop(): Promise<void>;
}

/** Optional peer dependencies, which are loaded only here. */
const PACKAGES = ['sdk-trace', 'exporter-trace-otlp-proto', 'context-async-hooks', 'resources'].map(
  (name) => `@opentelemetry/${name}`,
);

/**
 * Records the traces of this process, and sends them to a collector in the background. While the collector is down or
 * slow, at most 2048 spans wait, and further ones are lost.
 *
 * @throws {Error} if the packages are not installed, or another SDK is registered; the message explains it.
 */
export async function startTracing(options: TracingOptions, logger: ServiceLogger): Promise<Tracing> {
  const { sdk, OTLPTraceExporter, AsyncLocalStorageContextManager, resources } = await load();
  const { url, headers, serviceName } = options;
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers } });
  const provider = new sdk.TracerProvider({
    resource: resourceOf(resources, serviceName),
    sampler: samplerOf(options, sdk),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: withComplaints(exporter, 'Traces', (line) => logger.warn(line)),
      }),
    ],
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
      await endSoon(provider);
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
    throw packagesMissing('Traces', PACKAGES, 'OTEL_EXPORTER_OTLP_ENDPOINT', error);
  }
}
