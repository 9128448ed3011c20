import { url } from '../server-urls.js';
import { integer, list, listOf, oneOf, type Parser, text } from '../settings/parsers.js';
import type { Setting } from '../settings/setting.js';

/**
 * Settings of traces and of metrics that are sent, with the names and values of OpenTelemetry (Environment Variable Specification). Other variables of
 * the exporter, such as `OTEL_EXPORTER_OTLP_TIMEOUT`, are read by its package.
 */
export const telemetrySettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    is: url('http', 'https'),
    unset: 'no traces are recorded',
    means: 'Collector that traces are sent to, over OTLP with HTTP and protobuf: to the path v1/traces.',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    is: url('http', 'https'),
    unset: 'v1/traces at OTEL_EXPORTER_OTLP_ENDPOINT',
    means: 'Complete URL that traces are sent to.',
  },
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: {
    is: url('http', 'https'),
    unset: 'no metrics are sent',
    means: 'Complete URL that metrics are sent to, over OTLP with HTTP and protobuf.',
  },
  OTEL_METRIC_EXPORT_INTERVAL: {
    is: integer(1_000, 3_600_000),
    default: '60000',
    means: 'Time in milliseconds between two transmissions of metrics.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    is: headerFields(),
    secret: true,
    unset: 'none',
    means: 'Header fields for the collector, such as an API key.',
  },
  OTEL_SERVICE_NAME: { is: text(), default: 'astra', means: 'Name of the service in traces and metrics.' },
  OTEL_TRACES_SAMPLER: {
    is: oneOf(
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ),
    default: 'parentbased_always_on',
    means: 'Which traces are recorded. With parentbased, a request that names a trace decides for itself.',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    is: share(),
    default: '1',
    means: 'Share of traces that are recorded with traceidratio.',
  },
  OTEL_PROPAGATORS: {
    is: listOf('tracecontext', 'baggage', 'none'),
    default: 'tracecontext',
    means:
      'With tracecontext, requests with a traceparent header are part of that trace; with none, each starts its own. Baggage is ignored.',
  },
  OTEL_SDK_DISABLED: {
    is: trueOrFalse(),
    default: 'false',
    means: 'Whether traces are off, and no metrics are sent, in spite of the other settings.',
  },
} as const satisfies Record<string, Setting>;

/** Header fields, as `name=value` separated by commas, with percent-encoded values (W3C Baggage, 3.3). */
function headerFields(): Parser<Readonly<Record<string, string>>> {
  const fields = list(
    'name=value, separated by commas, with special characters in values percent-encoded (a blank as %20)',
    (item) => /^[\w-]+=([\x21\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]|%[2-7][0-9a-f])+$/i.test(item),
  );
  const split = (item: string) => [item.split('=', 1)[0], decodeURIComponent(item.replace(/^.*?=/, ''))];
  return {
    ...fields,
    parse: (value) => {
      const items = fields.parse(value);
      return items && (Object.fromEntries(items.map(split)) as Record<string, string>);
    },
  };
}

/** Number from 0 to 1. */
function share(): Parser<number> {
  return {
    mayBe: 'a number from 0 to 1, such as 0.05',
    parse: (value) => (/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/.test(value) ? Number(value) : undefined),
  };
}

/** `true` or `false`. */
function trueOrFalse(): Parser<boolean> {
  const { parse } = oneOf('true', 'false');
  return {
    mayBe: 'true or false',
    parse: (value) => (parse(value) === undefined ? undefined : value === 'true'),
  };
}
