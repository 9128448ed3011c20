import type { SettingValues } from '../settings/settings.js';

/** Options of traces that are recorded. */
export type TracingOptions = NonNullable<ReturnType<typeof tracingOf>>;

/** Returns the options of traces; `undefined` if none are recorded. */
export function tracingOf(v: SettingValues) {
  const url = v.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? withPath(v.OTEL_EXPORTER_OTLP_ENDPOINT, 'v1/traces');
  if (url === undefined || v.OTEL_SDK_DISABLED) return undefined;
  return {
    /** URL that spans are sent to. May contain a password. */
    url,
    headers: v.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    serviceName: v.OTEL_SERVICE_NAME,
    sampler: v.OTEL_TRACES_SAMPLER,
    /** Share of traces that are recorded, if the sampler has one. */
    ratio: v.OTEL_TRACES_SAMPLER_ARG,
    /** Whether requests that name a trace are part of that trace. */
    continues: v.OTEL_PROPAGATORS.includes('tracecontext'),
  };
}

/** Appends the path of a signal to a URL (OpenTelemetry, OTLP Exporter Configuration). */
function withPath(url: string | undefined, path: string): string | undefined {
  return url?.replace(/\/*$/, `/${path}`);
}

/** Options of metrics that are sent to a collector. */
export type MetricsExport = NonNullable<ReturnType<typeof metricsExportOf>>;

/** Returns where metrics are sent; `undefined` if nowhere. */
export function metricsExportOf(v: SettingValues) {
  const url = v.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT;
  if (url === undefined || v.OTEL_SDK_DISABLED) return undefined;
  return {
    /** URL that metrics are sent to. May contain a password. */
    url,
    headers: v.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    serviceName: v.OTEL_SERVICE_NAME,
    /** Time between two transmissions in ms. */
    interval: v.OTEL_METRIC_EXPORT_INTERVAL,
  };
}
