import { format } from 'prettier';

/** The parts of JSON Schema that Astra's OpenAPI document uses. */
interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  enum?: (string | null)[];
  type?: string | string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  description?: string;
}

type Content = Record<string, { schema: Schema }>;

interface Operation {
  summary?: string;
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { content?: Content; $ref?: string }>;
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** Names that only the tests and the document need. */
const HEAD = `// Generated from the OpenAPI document of a service that has every feature. Do not edit.
// After a change of the API: ACCEPT=client npm test -- test/client/api-types

/* The names, the wording and the order are those of the document. */
`;

/**
 * Writes the types of `nestjs-astra/client`: one interface for each schema of the OpenAPI document, and `Operations`,
 * which maps "GET /users/me" to what the route takes and returns. It has no runtime code.
 *
 * openapi-typescript would do it, but does not support TypeScript 6.
 *
 * @param prefix - What the paths of the API begin with, which the base URL of a client contains.
 */
export function clientTypes({ paths, components }: Document, prefix: string): Promise<string> {
  const own = Object.entries(paths).filter(([path]) => path.startsWith(`${prefix}/`));
  const schemas = Object.entries(components.schemas).map(([name, schema]) => {
    const description = schema.description ?? usesOf(name, own, prefix);
    return `${comment({ description })}export ${declaration(ownName(name), schema)}\n`;
  });
  const operations = own.flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const route = `${method.toUpperCase()} ${path.slice(prefix.length)}`;
      return `${comment({ description: operation.summary })}'${route}': {${operationType(operation)}};`;
    }),
  );
  const codes = [...JSON.stringify(paths).matchAll(/"\/problems\/([a-z-]+)"/g)].map(
    ([, code]) => `'${code}'`,
  );
  const problems = `/** Codes of the problems that the API returns. */\nexport type ProblemCode = ${[...new Set(codes)].sort().join(' | ')};\n`;
  const all = `/** What each route takes and returns. */\nexport interface Operations {\n${operations.join('\n')}\n}\n`;
  return format([HEAD, ...schemas, problems, all].join('\n'), {
    parser: 'typescript',
    printWidth: 110,
    singleQuote: true,
  });
}

/** Returns a description of a schema by the routes that take or return it. */
function usesOf(name: string, paths: [string, Record<string, Operation>][], prefix: string): string {
  const reference = `"#/components/schemas/${name}"`;
  for (const [path, item] of paths)
    for (const [method, { requestBody, responses }] of Object.entries(item)) {
      const route = `\`${method.toUpperCase()} ${path.slice(prefix.length)}\``;
      if (JSON.stringify(requestBody ?? {}).includes(reference)) return `Body of ${route}.`;
      if (JSON.stringify(responses).includes(reference)) return `Response of ${route}.`;
    }
  return 'Part of other types.';
}

function operationType({ parameters = [], requestBody, responses }: Operation): string {
  const members = ['path', 'query'].flatMap((place) => {
    const own = parameters.filter((parameter) => parameter.in === place);
    if (own.length === 0) return [];
    const fields = own.map((one) => `'${one.name}'${one.required ? '' : '?'}: ${typeOf(one.schema)};`);
    return `${place}${own.some(({ required }) => required) ? '' : '?'}: {${fields.join(' ')}};`;
  });
  const body = requestBody?.content['application/json']?.schema;
  if (body) members.push(`body${requestBody.required ? '' : '?'}: ${typeOf(body)};`);
  return [...members, `response: ${responseType(responses)};`].join(' ');
}

/** Types of the bodies of all responses that are no problems. */
function responseType(responses: Operation['responses']): string {
  const types = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => {
      const schema = content?.['application/json']?.schema;
      return schema ? typeOf(schema) : 'undefined';
    });
  return [...new Set(types)].join(' | ') || 'undefined';
}

function declaration(name: string, schema: Schema): string {
  const type = typeOf(schema);
  return type.startsWith('{') ? `interface ${name} ${type}` : `type ${name} = ${type};`;
}

function typeOf(schema: Schema): string {
  const { $ref, allOf, oneOf, enum: values, type, items, properties } = schema;
  if ($ref) return ownName($ref.split('/').at(-1)!);
  if (allOf) return allOf.map(typeOf).join(' & ');
  if (oneOf) return oneOf.map(typeOf).join(' | ');
  const types = [type ?? 'unknown'].flat();
  const names = types.map((one) => {
    // In a type that may be null, `null` is one of the values as well.
    if (values && one !== 'null')
      return values
        .filter((value) => value !== null)
        .map((value) => JSON.stringify(value))
        .join(' | ');
    if (one === 'integer') return 'number';
    if (one === 'array') return `Array<${typeOf(items ?? {})}>`;
    if (one === 'object') return objectType(schema, properties ?? {});
    return one;
  });
  return [...new Set(names)].join(' | ');
}

function objectType({ required = [], additionalProperties }: Schema, properties: Record<string, Schema>) {
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema)}'${name}'${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`,
  );
  if (fields.length === 0)
    return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'}>`;
  return `{\n${fields.join('\n')}\n}`;
}

function comment({ description }: Schema): string {
  return description ? `/** ${description.replaceAll('*/', '')} */\n` : '';
}

/** In the document, the names begin with "Astra", since those of a host stand beside them. */
function ownName(name: string): string {
  return name.replace(/^Astra/, '');
}
