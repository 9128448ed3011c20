import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { MetricsExport } from '../env/telemetry/telemetry-options.js';
import { ExportedMetrics } from './exported-metrics.js';
import { Metrics } from './metrics.js';
import { type MetricsAddress, MetricsServer } from './metrics-server.js';

/** Targets of metrics. */
export interface MetricsTargets {
  /** Address at which they are served for Prometheus. Default: none. */
  readonly address?: MetricsAddress;
  /** Collector that they are sent to. Default: none. */
  readonly collector?: MetricsExport;
}

/** Metrics for Prometheus on a separate port, and for a collector. */
@Module({})
export class MetricsModule {
  static forRoot({ address, collector }: MetricsTargets): DynamicModule {
    return {
      module: MetricsModule,
      providers: [...(address ? servedAt(address) : []), ...(collector ? [sentTo(collector)] : [])],
    };
  }
}

function servedAt(address: MetricsAddress): Provider[] {
  const useFactory = (metrics: Metrics) => new MetricsServer(metrics, address);
  return [Metrics, { provide: MetricsServer, inject: [Metrics], useFactory }];
}

function sentTo(collector: MetricsExport): Provider {
  const useFactory = (modules: ModuleRef) => new ExportedMetrics(modules, collector);
  return { provide: ExportedMetrics, inject: [ModuleRef], useFactory };
}
