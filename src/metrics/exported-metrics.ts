import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { Histogram, Meter } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { MetricsExport } from '../env/telemetry/telemetry-options.js';
import type { AnsweredRequest } from '../logs/answered-request.js';
import { endSoon, packagesMissing, resourceOf, withComplaints } from '../tracing/telemetry.js';
import { name, version } from '../version.js';
import { DURATION, durationOf } from './duration.js';
import { type Measure, measuresOf } from './measures.js';

/** Optional peer dependencies, which are loaded only here. */
const PACKAGES = ['sdk-metrics', 'exporter-metrics-otlp-proto', 'resources'].map(
  (part) => `@opentelemetry/${part}`,
);

/**
 * Sends metrics to a collector at an interval, with the names that they have for Prometheus. What is lost while the collector is
 * away are single values, not counts.
 */
export class ExportedMetrics implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Metrics');
  private provider?: MeterProvider;
  private durations?: Histogram;

  constructor(
    private readonly modules: ModuleRef,
    private readonly options: MetricsExport,
  ) {}

  /** @throws {Error} if the packages are not installed; the message explains it. */
  async onModuleInit(): Promise<void> {
    const { sdk, OTLPMetricExporter, resources } = await load();
    const { url, headers, serviceName, interval } = this.options;
    const exporter = withComplaints(
      new OTLPMetricExporter({ url, headers: { ...headers } }),
      'Metrics',
      (line) => this.logger.warn(line),
    );
    const timing = { exportIntervalMillis: interval, exportTimeoutMillis: Math.min(interval, 10_000) };
    this.provider = new sdk.MeterProvider({
      resource: resourceOf(resources, serviceName),
      readers: [new sdk.PeriodicExportingMetricReader({ exporter, ...timing })],
    });
    const meter = this.provider.getMeter(name, version);
    const { help: description, buckets } = DURATION;
    const advice = { explicitBucketBoundaries: [...buckets] };
    this.durations = meter.createHistogram(DURATION.name, { description, unit: 's', advice });
    for (const measure of measuresOf(this.modules)) observe(meter, measure);
  }

  /** Counts a request. */
  answered(request: AnsweredRequest): void {
    const { labels, seconds } = durationOf(request);
    this.durations?.record(seconds, labels);
  }

  onApplicationShutdown(): Promise<void> {
    return endSoon(this.provider);
  }
}

/** Has a measure read for each transmission. Values that cannot be read are omitted. */
function observe(meter: Meter, { name: measure, help: description, read }: Measure): void {
  const instrument = measure.endsWith('_total')
    ? meter.createObservableCounter(measure, { description })
    : meter.createObservableGauge(measure, { description });
  instrument.addCallback(async (result) => {
    const samples = await Promise.resolve(read()).catch(() => []);
    for (const [labels, value] of samples) result.observe(value, labels);
  });
}

/** Loads the SDK. */
async function load() {
  try {
    const [sdk, { OTLPMetricExporter }, resources] = await Promise.all([
      import('@opentelemetry/sdk-metrics'),
      import('@opentelemetry/exporter-metrics-otlp-proto'),
      import('@opentelemetry/resources'),
    ]);
    return { sdk, OTLPMetricExporter, resources };
  } catch (error) {
    throw packagesMissing('Metrics', PACKAGES, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', error);
  }
}
