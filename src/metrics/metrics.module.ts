import { type DynamicModule, Module } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { type MetricsAddress, MetricsServer } from './metrics-server.js';

/** Metrics for Prometheus, on a separate port. */
@Module({})
export class MetricsModule {
  static forRoot(address: MetricsAddress): DynamicModule {
    const server = {
      provide: MetricsServer,
      inject: [Metrics],
      useFactory: (metrics: Metrics) => new MetricsServer(metrics, address),
    };
    return { module: MetricsModule, providers: [Metrics, server] };
  }
}
