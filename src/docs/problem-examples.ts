import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from '../access/openapi/openapi-document.js';
import { EXAMPLE_ID } from '../http/problem/api-problems.decorator.js';
import {
  type FieldError,
  InvalidInputError,
  missingField,
  type ProblemDocument,
} from '../http/problem/problem.js';

type Schemas = NonNullable<OpenAPIObject['components']>['schemas'];

interface Content {
  content?: Record<
    string,
    { schema?: { $ref?: string }; examples?: Record<string, { value: ProblemDocument }> }
  >;
}

/**
 * Adapts the examples of problems to their route: inserts its path and one of its own fields, which are unknown where
 * the problems are declared.
 */
export function fillInExamples(operation: Operation, path: string, schemas: Schemas): void {
  const instance = path.replaceAll(/\{\w+\}/g, EXAMPLE_ID);
  for (const response of Object.values(operation.responses)) {
    const { content } = response as Content;
    for (const example of Object.values(content?.['application/problem+json']?.examples ?? {})) {
      const { value } = example;
      example.value = value.errors
        ? new InvalidInputError([mistake(operation, schemas)]).toDocument(instance, value.request_id)
        : { ...value, instance };
    }
  }
}

/** Returns an invalid input that fits the route. */
function mistake({ requestBody }: Operation, schemas: Schemas): FieldError {
  const { content } = (requestBody ?? {}) as Content;
  if (!content)
    return { loc: ['query', 'x'], code: 'extra_forbidden', msg: 'This parameter is not allowed.' };

  const [{ schema }] = Object.values(content);
  const dto = schemas?.[schema?.$ref?.split('/').at(-1) ?? ''];
  const field = dto && 'required' in dto && dto.required?.[0];
  return field
    ? missingField('body', field)
    : { loc: ['body', 'id'], code: 'extra_forbidden', msg: 'This field is not allowed.' };
}
