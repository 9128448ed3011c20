import { ApiExtraModels, DECORATORS, getSchemaPath } from '@nestjs/swagger';
import { headersOf } from './problem.filter.js';
import type { Problem } from './problem.js';
import { problemTypes } from './problem-types.js';
import { ProblemDto } from './problem.dto.js';

const PROBLEMS = 'astra:problems';
/** Id used in examples. */
export const EXAMPLE_ID = '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11';

/** Header fields of problems, with their descriptions. */
const HEADERS: Record<string, string> = {
  'Retry-After': 'Number of seconds after which you can try again.',
  'WWW-Authenticate': 'How to authenticate (RFC 6750, 3).',
};

/**
 * Documents the problems that a route returns, each with an example. Problems with the same status share a response.
 * Problems declared at the route come before those implied by its controller.
 *
 * @param problems - One instance of each error class that the route's service throws.
 */
export function ApiProblems(...problems: Problem[]): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const known = (Reflect.getMetadata(PROBLEMS, handler) ?? []) as Problem[];
    const all = [...known, ...problems.filter((problem) => !known.some((other) => isSame(problem, other)))];
    Reflect.defineMetadata(PROBLEMS, all, handler);

    // ApiResponse() would append each description to the existing one.
    const responses = {
      ...(Reflect.getMetadata(DECORATORS.API_RESPONSE, handler) as Record<number, object> | undefined),
    };
    for (const status of new Set(all.map((problem) => problem.getStatus()))) {
      responses[status] = problemResponse(all.filter((problem) => problem.getStatus() === status));
    }
    Reflect.defineMetadata(DECORATORS.API_RESPONSE, responses, handler);
    ApiExtraModels(ProblemDto)(target, key, descriptor);
  };
}

function isSame(one: Problem, other: Problem): boolean {
  return one.code === other.code && one.getStatus() === other.getStatus();
}

/**
 * Returns an OpenAPI response with an example of each problem.
 *
 * @param instance - Path shown in the examples.
 * @param options.areAll - Whether the list of types is complete. Default `true`.
 */
export function problemResponse(problems: Problem[], instance = '/', { areAll = true } = {}) {
  const headers = headersOfAll(problems);
  const types = [...new Set(problems.map(({ code }) => `/problems/${code}`))];
  return {
    description: problems.map(({ code }) => problemTypes[code].title).join(' / '),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      'application/problem+json': {
        schema: areAll
          ? {
              allOf: [{ $ref: getSchemaPath(ProblemDto) }],
              properties: { type: { type: 'string', enum: types } },
            }
          : { $ref: getSchemaPath(ProblemDto) },
        examples: Object.fromEntries(
          problems.map((problem) => [
            problem.code,
            { summary: problemTypes[problem.code].title, value: problem.toDocument(instance, EXAMPLE_ID) },
          ]),
        ),
      },
    },
  };
}

/** Returns a response of {@link problemResponse} without one of its problems. */
export function withoutProblem<T>(response: T, code: keyof typeof problemTypes): T {
  const { description, content } = response as ReturnType<typeof problemResponse>;
  const { schema, examples } = content['application/problem+json'];
  const { [code]: _, ...others } = examples;
  const types = Object.keys(others).map((other) => `/problems/${other}`);
  const { title } = problemTypes[code];
  return {
    ...response,
    description: description
      .split(' / ')
      .filter((other) => other !== title)
      .join(' / '),
    content: {
      'application/problem+json': {
        schema: {
          ...schema,
          ...('properties' in schema && { properties: { type: { type: 'string', enum: types } } }),
        },
        examples: others,
      },
    },
  };
}

/** Documents the header fields of the problems, with an example of each. */
function headersOfAll(problems: Problem[]) {
  const headers: Record<string, { description: string; schema: object; example: string }> = {};
  for (const [name, example] of problems.flatMap((problem) => Object.entries(headersOf(problem)))) {
    if (name in HEADERS) headers[name] = { description: HEADERS[name], schema: { type: 'string' }, example };
  }
  return headers;
}
