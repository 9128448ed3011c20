import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AnsweredRequest } from '../logs/answered-request.js';
import { DURATION, durationOf } from './duration.js';
import { type Measure, measuresOf } from './measures.js';

/** Collects metrics for Prometheus. */
@Injectable()
export class Metrics implements OnModuleInit {
  private registry?: Registry;
  private durations?: Histogram<'method' | 'route' | 'status'>;

  constructor(private readonly modules: ModuleRef) {}

  async onModuleInit(): Promise<void> {
    // Loaded only if metrics are enabled.
    const { default: prom } = await import('prom-client');
    const registry = new prom.Registry();
    prom.collectDefaultMetrics({ register: registry });
    this.durations = new prom.Histogram({
      ...DURATION,
      buckets: [...DURATION.buckets],
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
    });
    for (const measure of measuresOf(this.modules)) registry.registerMetric(metricOf(prom, measure));
    this.registry = registry;
  }

  /** Counts a request. */
  answered(request: AnsweredRequest): void {
    const { labels, seconds } = durationOf(request);
    this.durations?.observe(labels, seconds);
  }

  /** Returns all metrics with their content type. */
  async read(): Promise<{ contentType: string; text: string }> {
    const { registry } = this;
    if (!registry) throw new Error('The service has not started yet');
    return { contentType: registry.contentType, text: await registry.metrics() };
  }
}

/** Creates a metric that is read on each scrape. Values that cannot be read are omitted. */
function metricOf(
  prom: typeof import('prom-client'),
  { name, help, labels = [], read }: Measure,
): Counter | Gauge {
  const config = { name, help, labelNames: [...labels], registers: [] };
  return name.endsWith('_total')
    ? new prom.Counter({
        ...config,
        async collect() {
          this.reset();
          for (const [of, value] of await read()) this.inc(of, value);
        },
      })
    : new prom.Gauge({
        ...config,
        async collect() {
          this.reset();
          const samples = await Promise.resolve(read()).catch(() => []);
          for (const [of, value] of samples) this.set(of, value);
        },
      });
}
