import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { MetricsExport } from '../env/telemetry/telemetry-options.js';
import { ExportedMetrics } from './exported-metrics.js';
import { Metrics } from './metrics.js';
import { type MetricsAddress, MetricsServer } from './metrics-server.js';

/** Where metrics go. */
export interface MetricsTargets {
  /** Where they are served for Prometheus. Default: nowhere. */
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
