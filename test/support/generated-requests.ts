import fc, { type Arbitrary } from 'fast-check';

/** What is used here of an OpenAPI 3.1 schema. */
export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string | string[];
  enum?: unknown[];
  example?: unknown;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

/** What is used here of an OpenAPI 3.1 operation. */
export interface Operation {
  parameters?: { in: string; name: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }>; $ref?: string }>;
}

/** A request as it goes out. */
export interface GeneratedRequest {
  /** The values of the path's parameters, by name. */
  path: Record<string, string>;
  query: readonly string[][];
  contentType?: string;
  body?: string;
}

/** Hostile input, and input that breaks parsers, databases and terminals. */
const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '%',
    '_',
    '\\',
    "' OR 1=1 --",
    '"; DROP TABLE auth_users; --',
    '\0',
    'a\0b',
    '\ud800',
    '\udfff\ud800',
    '🧮'.repeat(30),
    'İıſK',
    'é',
    '\r\nSet-Cookie: a=b',
    '\u001b[31m',
    '../../etc/passwd',
    '<script>alert(1)</script>',
    '${7*7}{{7*7}}',
    '__proto__',
    'null',
    '1e309',
    '-0',
    '9'.repeat(40),
    'a@b@c.example',
    '"a b"@example.com',
    'a@[127.0.0.1]',
    'x'.repeat(10_000),
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);

const hostileValue: Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(null, true, 0, -1, 1.5, 1e308, [], {}, [[]], { $ne: null }, [{ length: 1e9 }]),
);

/** Makes requests for an operation: most of them right in most places, each wrong in a few or none. */
export function requestsFor(
  operation: Operation,
  schemas: Record<string, Schema>,
  knownIds: string[],
): Arbitrary<GeneratedRequest> {
  const resolve = (schema: Schema): Schema => {
    const name = schema.$ref?.split('/').at(-1);
    const [of, ...more] = schema.allOf ?? [];
    if (name) return resolve(schemas[name]);
    return of
      ? { ...resolve(of), ...Object.assign({}, ...more.map(resolve)), example: schema.example }
      : schema;
  };

  const right = (given: Schema): Arbitrary<unknown> => {
    const schema = resolve(given);
    const asShown = schema.example === undefined ? [] : [fc.constant(schema.example)];
    return fc.oneof(...asShown, rightByType(schema));
  };

  const rightByType = (schema: Schema): Arbitrary<unknown> => {
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (schema.type === 'boolean') return fc.boolean();
    if (schema.type === 'integer' || schema.type === 'number')
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000 });
    if (schema.type === 'array') return fc.array(right(schema.items ?? {}), { maxLength: 3 });
    if (schema.type === 'object') return bodyOf(schema);
    return text(schema);
  };

  const text = ({ format, pattern, minLength = 0, maxLength = 60 }: Schema): Arbitrary<string> => {
    if (format === 'uuid') return fc.oneof(fc.constantFrom(...knownIds), fc.uuid());
    if (format === 'email') return fc.emailAddress();
    if (format === 'date-time')
      return fc.date({ min: new Date(0), noInvalidDate: true }).map((date) => date.toISOString());
    if (format === 'password') return fc.string({ minLength: 5, maxLength: 20 }).map((end) => `Aa1${end}`);
    if (pattern) return fc.stringMatching(new RegExp(pattern)).filter(({ length }) => length <= maxLength);
    return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 60) });
  };

  const mostlyRight = (schema: Schema) =>
    fc.oneof({ weight: 5, arbitrary: right(schema) }, { weight: 1, arbitrary: hostileValue });

  const bodyOf = ({ properties = {}, required = [] }: Schema): Arbitrary<Record<string, unknown>> => {
    const fields = Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name, mostlyRight(schema)]),
    );
    const whole = fc.record(fields, { requiredKeys: required });
    const some = fc.record(fields, { requiredKeys: [] });
    const more = fc
      .tuple(whole, fc.constantFrom('role', 'id', 'constructor', 'unknown'), hostileValue)
      .map(([object, name, value]) => ({ ...object, [name]: value }));
    return fc.oneof(
      { weight: 6, arbitrary: whole },
      { weight: 2, arbitrary: some },
      { weight: 1, arbitrary: more },
    );
  };

  const body = Object.entries(operation.requestBody?.content ?? {}).map(([contentType, { schema }]) => {
    const object = bodyOf(resolve(schema));
    const asText = contentType.includes('json')
      ? fc.oneof(
          { weight: 12, arbitrary: object.map((value) => JSON.stringify(value)) },
          { weight: 1, arbitrary: hostileValue.map((value) => JSON.stringify(value)) },
          { weight: 1, arbitrary: object.map((value) => JSON.stringify(value).slice(0, -1)) },
          { weight: 1, arbitrary: hostileText },
          {
            weight: 1,
            arbitrary: fc.constantFrom('{"__proto__":{"role":"admin"}}', '['.repeat(3000), '{"a":1,"a":2}'),
          },
        )
      : object.map((value) =>
          new URLSearchParams(
            Object.entries(value).map(([name, field]): [string, string] => [name, wellFormed(String(field))]),
          ).toString(),
        );
    const types = fc.oneof(
      { weight: 12, arbitrary: fc.constant(contentType) },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/xml', 'multipart/form-data') },
    );
    return fc.record({ contentType: types, body: asText });
  });

  const parameters = operation.parameters ?? [];
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const asText = (value: unknown) => wellFormed(typeof value === 'string' ? value : JSON.stringify(value));
  const pair = fc.oneof(
    ...query.map(({ name, schema }) => fc.tuple(fc.constant(name), mostlyRight(schema).map(asText))),
    fc.tuple(fc.constantFrom('unknown', 'limit[]', 'constructor'), hostileText.map(wellFormed)),
  );
  const ids = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...knownIds) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: hostileText.map(wellFormed).filter((value) => value.trim() !== '') },
  );

  return fc
    .tuple(
      fc.record(
        Object.fromEntries(
          parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => [name, ids]),
        ),
      ),
      query.length > 0 ? fc.array(pair, { maxLength: 3 }) : fc.constant([]),
      body.length > 0 ? fc.oneof(...body) : fc.constant({}),
    )
    .map(([path, pairs, content]) => ({ path, query: pairs, ...content }));
}

/** What can be written into a URL at all. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}
