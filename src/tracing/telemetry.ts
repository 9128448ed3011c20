import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as Resources from '@opentelemetry/resources';
import { onceAMinute } from '../http/problem/once-a-minute.js';
import { errorTypeOf } from '../spans/in-span.js';
import { version } from '../version.js';

/** Id of this process, which tells its metrics from those of other instances (OpenTelemetry, Service semantic conventions). */
const INSTANCE = randomUUID();

/** Returns what a collector learns of this process: the name of the service, its version, and `OTEL_RESOURCE_ATTRIBUTES`. */
export function resourceOf(
  {
    defaultResource,
    detectResources,
    resourceAttributesEnvDetector,
    resourceFromAttributes,
  }: typeof Resources,
  serviceName: string,
): Resources.Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.version': version, 'service.instance.id': INSTANCE }))
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
    .merge(resourceFromAttributes({ 'service.name': serviceName }));
}

/** Time in ms for sending the last data. */
const GRACE = 3_000;

/** Part of the exporters of all signals. */
interface Exporter<Data> {
  export(data: Data, done: (result: ExportResult) => void): void;
}

/** Outcome of a transmission. */
interface ExportResult {
  readonly code: number;
  readonly error?: Error;
}

/**
 * Has an exporter log failed transmissions, at most one a minute. Only their codes: a collector that rejects a header field may
 * repeat it.
 *
 * @param what - Kind of data that is lost, such as `Traces`.
 * @returns the exporter.
 */
export function withComplaints<Data, T extends Exporter<Data>>(
  exporter: T & Exporter<Data>,
  what: string,
  warn: (line: string) => void,
): T {
  const mayComplain = onceAMinute();
  // Data is sent on behalf of no request, although the timer may have been started by one.
  const complain = AsyncResource.bind((reason: string) =>
    warn(`${what} are lost: the collector did not accept them (${reason})`),
  );
  const send = exporter.export.bind(exporter);
  exporter.export = (data, done) =>
    send(data, (result) => {
      if (result.error && mayComplain()) complain(errorTypeOf(result.error));
      done(result);
    });
  return exporter;
}

/** Sends the last data, for which it waits 3 seconds at most, and ends the recording. */
export async function endSoon(provider: { shutdown(): Promise<void> } | undefined): Promise<void> {
  const sent = provider?.shutdown().catch(() => undefined); // already logged
  await Promise.race([sent, sleep(GRACE, undefined, { ref: false })]);
}

/**
 * Explains that optional packages are missing.
 *
 * @param what - Kind of data that needs them, such as `Traces`.
 * @param setting - Name of the setting that asks for them.
 * @param error - Of the import. Any other error than a missing package is returned as it is.
 */
export function packagesMissing(
  what: string,
  packages: readonly string[],
  setting: string,
  error: unknown,
): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return error;
  return new Error(
    `${what} need packages that are not installed. Run "npm install ${packages.join(' ')}", or unset ${setting}.`,
    { cause: error },
  );
}
