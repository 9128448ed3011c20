import type { Environment, Variables } from '../../../src/env.js';
import type { SettingName } from '../../../src/env/settings/settings.js';

const metrics = { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://otel:4318/v1/metrics' };
const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318' };

/** Name, a text, how it is read, what goes with it. */
export const tracingSettingsTaken: [SettingName, string, (e: Environment) => unknown, unknown, Variables?][] =
  [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://otel:4318', (e) => e.tracing?.url, 'http://otel:4318/v1/traces'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://otel/x/', (e) => e.tracing?.url, 'https://otel/x/v1/traces'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'https://otel/in', (e) => e.tracing?.url, 'https://otel/in', otlp],
    [
      'OTEL_EXPORTER_OTLP_HEADERS',
      'authorization=Bearer%20a%2Cb, x-scope=7=8',
      (e) => e.tracing?.headers,
      { authorization: 'Bearer a,b', 'x-scope': '7=8' },
      otlp,
    ],
    ['OTEL_SERVICE_NAME', 'accounts', (e) => e.tracing?.serviceName, 'accounts', otlp],
    ['OTEL_TRACES_SAMPLER', 'traceidratio', (e) => e.tracing?.sampler, 'traceidratio', otlp],
    ['OTEL_TRACES_SAMPLER_ARG', '0.05', (e) => e.tracing?.ratio, 0.05, otlp],
    ['OTEL_PROPAGATORS', 'tracecontext,baggage', (e) => e.tracing?.continues, true, otlp],
    ['OTEL_PROPAGATORS', 'none', (e) => e.tracing?.continues, false, otlp],
    ['OTEL_SDK_DISABLED', 'true', (e) => e.tracing, undefined, otlp],
    ['OTEL_SDK_DISABLED', 'true', (e) => e.metricsExport, undefined, metrics],
    [
      'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
      'http://otel/in',
      (e) => e.metricsExport,
      { url: 'http://otel/in', headers: {}, serviceName: 'astra', interval: 60_000 },
    ],
    ['OTEL_METRIC_EXPORT_INTERVAL', '15000', (e) => e.metricsExport?.interval, 15_000, metrics],
  ];
