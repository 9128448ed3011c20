import { isUtf8 } from 'node:buffer';
import { parse as parseForm } from 'node:querystring';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../../http/problem/problem.js';

/**
 * Accepts JSON everywhere and forms where a route does; Fastify rejects everything else (415). Ambiguous bodies are
 * rejected as well, because a proxy or firewall that inspects bodies may have interpreted them differently.
 */
export function takeBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isEncoded(request)) return done(new EncodedBodyError());
    // Many clients send a content type with every POST, even without a body.
    if (body.length === 0) return done(null, undefined);
    // Silently repaired, invalid UTF-8 would make different passwords equal.
    if (!isUtf8(body)) return done(malformedJson('The request body is not valid UTF-8.'));
    const json = body.toString();
    return parseJson(request, json, (error, value: unknown) =>
      error || !repeatsField(json, value)
        ? done(error, value)
        : done(malformedJson('The request body contains two fields with the same name.')),
    );
  });
  server.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (request, body, done) => {
      if (isEncoded(request)) return done(new EncodedBodyError());
      return isUtf8(body) && isUtf8(unescaped(body))
        ? done(null, { ...parseForm(body.toString()) })
        : done(new Problem(400, 'bad-request', 'The form is not valid UTF-8.'));
    },
  );
}

/** The body is compressed, which no route supports. */
class EncodedBodyError extends Problem {
  constructor() {
    super(415, 'unsupported-media-type', 'Compressed request bodies are not supported.', {
      headers: { 'Accept-Encoding': 'identity' }, // RFC 9110, 15.5.16
    });
  }
}

function isEncoded({ headers }: FastifyRequest): boolean {
  return (headers['content-encoding'] ?? 'identity') !== 'identity';
}

function malformedJson(detail: string): Problem {
  return new Problem(400, 'malformed-json', detail);
}

/** Decodes the bytes of a form. Separators are ASCII, so the form is UTF-8 if each of its fields is. */
function unescaped(form: Buffer): Buffer {
  const bytes = form
    .toString('latin1')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/**
 * Number of commas, colons and brackets above which the body is rejected anyway, as too deep or with too many values.
 */
const TOO_MANY_SIGNS = 1_000;

/**
 * Returns whether a field occurs twice: JSON.parse silently keeps the last one (RFC 8259, 4), so fewer fields remain
 * than were written.
 */
function repeatsField(json: string, value: unknown): boolean {
  const written = countWrittenFields(json);
  return written !== undefined && written !== countFields(value);
}

/** Counts the fields by their colons, outside of strings. `undefined`: there are too many signs to count. */
function countWrittenFields(json: string): number | undefined {
  let fields = 0;
  let signs = 0;
  let isText = false;
  for (let i = 0; i < json.length; i++) {
    const sign = json[i];
    if (sign === '"') isText = !isText;
    else if (isText && sign === '\\') i++;
    else if (!isText && ',:[{'.includes(sign)) {
      if (sign === ':') fields++;
      if (++signs > TOO_MANY_SIGNS) return undefined;
    }
  }
  return fields;
}

/** Counts the fields that remain after parsing. */
function countFields(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value) as unknown[];
  return inner.reduce<number>((sum, one) => sum + countFields(one), Array.isArray(value) ? 0 : inner.length);
}
