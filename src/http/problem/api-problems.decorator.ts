import { ApiExtraModels, DECORATORS, getSchemaPath } from '@nestjs/swagger';
import { headersOf } from './problem.filter.js';
import type { Problem } from './problem.js';
import { problemTypes } from './problem-types.js';
import { ProblemDto } from './problem.dto.js';

const PROBLEMS = 'astra:problems';
/** The id that examples show. */
export const EXAMPLE_ID = '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11';

/** The header fields that differ from one problem to another, and what they say. */
const HEADERS: Record<string, string> = {
  'Retry-After': 'Number of seconds after which you can try again.',
  'WWW-Authenticate': 'How to authenticate (RFC 6750, 3).',
};

/**
 * Documents the problems that a route answers with, each with an example. Several of one status share a response.
 * What a route says of itself comes before what its controller implies.
 *
 * @param problems - One instance of each error class that the route's service throws.
 */
export function ApiProblems(...problems: Problem[]): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const known = (Reflect.getMetadata(PROBLEMS, handler) ?? []) as Problem[];
    const all = [...known, ...problems.filter((problem) => !known.some((other) => isSame(problem, other)))];
    Reflect.defineMetadata(PROBLEMS, all, handler);

    // Not by ApiResponse(), which would add each description to the one that is there.
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
 * An OpenAPI response that shows each of the problems.
 *
 * @param instance - The path that the examples show.
 * @param options.areAll - Whether there are no others: then their types are listed. Default yes.
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

/** A response of {@link problemResponse} as it is where one of its problems cannot happen. */
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

function headersOfAll(problems: Problem[]) {
  const headers: Record<string, { description: string; schema: object; example: string }> = {};
  for (const [name, example] of problems.flatMap((problem) => Object.entries(headersOf(problem)))) {
    if (name in HEADERS) headers[name] = { description: HEADERS[name], schema: { type: 'string' }, example };
  }
  return headers;
}
