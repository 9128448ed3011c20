import { SpanKind } from '@opentelemetry/api';
import { inSpan, markFailed } from '../spans/in-span.js';
import { traceFields } from '../spans/trace-context.js';

/**
 * Sends a request in a span. It has neither the path nor the query of the URL, which may be secret.
 *
 * @param continuesTrace - Whether the server learns which trace the request is part of.
 * @param send - Called with the header fields.
 */
export function inRequestSpan(
  { hostname, port, protocol }: URL,
  { method = 'GET', headers }: { method?: string; headers?: Readonly<Record<string, string>> },
  continuesTrace: boolean,
  send: (headers: Readonly<Record<string, string>>) => Promise<Response>,
): Promise<Response> {
  const scheme = protocol.slice(0, -1);
  const attributes = {
    'http.request.method': method,
    'url.scheme': scheme,
    'server.address': hostname,
    'server.port': Number(port) || (scheme === 'https' ? 443 : 80),
  };
  return inSpan(method, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const response = await send({ ...headers, ...(continuesTrace && traceFields()) });
    span.setAttribute('http.response.status_code', response.status);
    if (response.status >= 400) markFailed(span, String(response.status));
    return response;
  });
}
