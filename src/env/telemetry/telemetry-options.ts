import type { SettingValues } from '../settings/settings.js';

/** Options of traces that are recorded. */
export type TracingOptions = NonNullable<ReturnType<typeof tracingOf>>;

/** Options of metrics that are sent to a collector. */
export type MetricsExport = NonNullable<ReturnType<typeof metricsExportOf>>;

/** Returns the options of traces; `undefined` if none are recorded. */
export function tracingOf(v: SettingValues) {
  const url = v.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? withPath(v.OTEL_EXPORTER_OTLP_ENDPOINT, 'v1/traces');
  const collector = collectorAt(url, v);
  return (
    collector && {
      ...collector,
      sampler: v.OTEL_TRACES_SAMPLER,
      /** Share of traces that are recorded, if the sampler has one. */
      ratio: v.OTEL_TRACES_SAMPLER_ARG,
      /** Whether requests that name a trace are part of that trace. */
      continues: v.OTEL_PROPAGATORS.includes('tracecontext'),
    }
  );
}

/** Returns where metrics are sent; `undefined` if nowhere. */
export function metricsExportOf(v: SettingValues) {
  const collector = collectorAt(v.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, v);
  return (
    collector && {
      ...collector,
      /** Time between two transmissions in ms. */
      interval: v.OTEL_METRIC_EXPORT_INTERVAL,
    }
  );
}

/** Returns what all signals need to reach a collector; `undefined` if there is none, or telemetry is off. */
function collectorAt(url: string | undefined, v: SettingValues) {
  if (url === undefined || v.OTEL_SDK_DISABLED) return undefined;
  return {
    /** URL that data is sent to. May contain a password. */
    url,
    headers: v.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    serviceName: v.OTEL_SERVICE_NAME,
  };
}

/** Appends the path of a signal to a URL (OpenTelemetry, OTLP Exporter Configuration). */
function withPath(url: string | undefined, path: string): string | undefined {
  return url?.replace(/\/*$/, `/${path}`);
}
