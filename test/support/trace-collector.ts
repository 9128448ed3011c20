import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** Span as a collector gets it. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  /** Empty, if it has none. */
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** In ms. */
  start: number;
  duration: number;
  attributes: Record<string, unknown>;
  /** 2: it failed. */
  status: { code: number; message: string };
  events: number;
  /** Attributes of the process. */
  resource: Record<string, unknown>;
}

const kinds = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Fields of a message in protobuf: all values of each number. */
type Fields = Map<number, (bigint | Buffer)[]>;

/** Parses a message, whose fields have no names (Protocol Buffers, Encoding). */
function parseFields(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, type] = [tag >> 3, tag & 7];
    let value: bigint | Buffer;
    if (type === 0) value = varint();
    else {
      const length = type === 1 ? 8 : type === 5 ? 4 : Number(varint());
      value = bytes.subarray(at, (at += length));
    }
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const all = (fields: Fields, number: number) =>
  (fields.get(number) ?? []).map((value) => parseFields(value as Buffer));
const bytesOf = (fields: Fields, number: number) => (fields.get(number)?.[0] as Buffer) ?? Buffer.of();
const textOf = (fields: Fields, number: number) => bytesOf(fields, number).toString();
const timeOf = (fields: Fields, number: number) => Number(bytesOf(fields, number).readBigUInt64LE()) / 1e6;

function valueOf(value: Fields): unknown {
  const [[number, [raw]] = [0, ['']]] = value as Map<number, [bigint | Buffer | '']>;
  if (number === 1) return String(raw);
  if (number === 2) return raw === 1n;
  if (number === 3) return Number(raw);
  if (number === 4) return (raw as Buffer).readDoubleLE();
  return raw;
}

const attributesOf = (fields: Fields, number: number) =>
  Object.fromEntries(all(fields, number).map((pair) => [textOf(pair, 1), valueOf(all(pair, 2)[0])]));

function spansIn(request: Buffer): CollectedSpan[] {
  return all(parseFields(request), 1).flatMap((ofResource) => {
    const [resource] = all(ofResource, 1).map((fields) => attributesOf(fields, 1));
    return all(ofResource, 2)
      .flatMap((scope) => all(scope, 2))
      .map((span) => {
        const [status = new Map() as Fields] = all(span, 15);
        const start = timeOf(span, 7);
        return {
          traceId: bytesOf(span, 1).toString('hex'),
          spanId: bytesOf(span, 2).toString('hex'),
          traceState: textOf(span, 3),
          parentSpanId: bytesOf(span, 4).toString('hex'),
          name: textOf(span, 5),
          kind: kinds[Number(span.get(6)?.[0] ?? 0)],
          start,
          duration: timeOf(span, 8) - start,
          attributes: attributesOf(span, 9),
          events: all(span, 11).length,
          status: { code: Number(status.get(3)?.[0] ?? 0), message: textOf(status, 2) },
          resource,
        };
      });
  });
}

/** Value of a metric as a collector gets it; of a histogram, the number of its values. */
export interface CollectedValue {
  name: string;
  kind: 'gauge' | 'sum' | 'histogram';
  attributes: Record<string, unknown>;
  value: number;
  /** Attributes of the process. */
  resource: Record<string, unknown>;
}

const kindsOfMetrics = { 5: 'gauge', 7: 'sum', 9: 'histogram' } as const;

function valuesIn(request: Buffer): CollectedValue[] {
  return all(parseFields(request), 1).flatMap((ofResource) => {
    const [resource] = all(ofResource, 1).map((fields) => attributesOf(fields, 1));
    const metrics = all(ofResource, 2).flatMap((scope) => all(scope, 2));
    return metrics.flatMap((metric) =>
      Object.entries(kindsOfMetrics).flatMap(([number, kind]) =>
        all(metric, Number(number))
          .flatMap((data) => all(data, 1))
          .map((point) => ({
            ...{ name: textOf(metric, 1), kind, resource },
            attributes: attributesOf(point, kind === 'histogram' ? 9 : 7),
            value:
              kind === 'histogram' || point.has(6)
                ? Number(bytesOf(point, kind === 'histogram' ? 4 : 6).readBigInt64LE())
                : bytesOf(point, 4).readDoubleLE(),
          })),
      ),
    );
  });
}

/** Collector of traces and metrics: takes them over OTLP with HTTP and protobuf. */
export class TraceCollector {
  readonly spans: CollectedSpan[] = [];
  /** Values of each transmission. */
  readonly metrics: CollectedValue[][] = [];
  /** Bytes of all that came, to search in. */
  readonly bodies: Buffer[] = [];
  /** Path and header fields of each export. */
  readonly requests: { path?: string; headers: IncomingHttpHeaders }[] = [];
  /** Answers an export. Default: 200. */
  answer: (response: ServerResponse) => void = (response) => response.writeHead(200).end();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.take(request, response));
  }

  static async start(): Promise<TraceCollector> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new TraceCollector(server);
  }

  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push({ path: request.url, headers: request.headers });
    const body = await buffer(request);
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    this.bodies.push(plain);
    if (request.url?.endsWith('/v1/metrics')) this.metrics.push(valuesIn(plain));
    else this.spans.push(...spansIn(plain));
    this.answer(response);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** The spans of a trace, as lines that are indented below their parents, in order of their starts. */
  waterfall(traceId: string, tell: (span: CollectedSpan) => string = ({ name }) => name): string[] {
    const spans = this.spans.filter((span) => span.traceId === traceId).sort((a, b) => a.start - b.start);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const below = (parents: CollectedSpan[], indent: string): string[] =>
      parents.flatMap((span) => [
        indent + tell(span),
        ...below(
          spans.filter(({ parentSpanId }) => parentSpanId === span.spanId),
          `${indent}  `,
        ),
      ]);
    return below(
      spans.filter(({ parentSpanId }) => !ids.has(parentSpanId)),
      '',
    );
  }
}
