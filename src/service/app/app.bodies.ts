import { isUtf8 } from 'node:buffer';
import { parse as parseForm } from 'node:querystring';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../../http/problem/problem.js';

/**
 * JSON everywhere, forms where a route says so; everything else is refused by Fastify (415). What can be read in two ways
 * is refused as well: whoever stands before the service, and looks at bodies, may have read it in the other.
 */
export function takeBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isEncoded(request)) return done(new EncodedBodyError());
    // Many clients name a content type on every POST, also on those without a body.
    if (body.length === 0) return done(null, undefined);
    // Put right in silence, what is not UTF-8 would make one password of two.
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

/** The body is compressed, which no route reads. */
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

/** The bytes that a form stands for. Its separators are ASCII, so it is UTF-8 if each of its fields is. */
function unescaped(form: Buffer): Buffer {
  const bytes = form
    .toString('latin1')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** So many commas, colons and brackets are in no body that a route takes: it is refused as too deep, or as too many values. */
const TOO_MANY_SIGNS = 1_000;

/** Of fields with the same name JSON.parse keeps the last in silence (RFC 8259, 4), so fewer are left than were written. */
function repeatsField(json: string, value: unknown): boolean {
  const written = countWrittenFields(json);
  return written !== undefined && written !== countFields(value);
}

/** Each field has a colon, and outside of texts there is no other. `undefined`: there are too many signs to look at. */
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

function countFields(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value) as unknown[];
  return inner.reduce<number>((sum, one) => sum + countFields(one), Array.isArray(value) ? 0 : inner.length);
}
