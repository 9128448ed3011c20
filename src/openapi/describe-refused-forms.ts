import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from '../access/openapi/openapi-document.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

/** Adds the error format of OAuth2 to the responses of an operation that accepts forms. */
export function describeRefusedForms({ requestBody, responses }: Operation): void {
  const { content = {} } = (requestBody ?? {}) as { content?: object };
  if ('application/x-www-form-urlencoded' in content) Object.values(responses).forEach(addRefusedForm);
}

/** Adds the error format of OAuth2 to a problem response. Refers to the schema of {@link refusedForm}. */
export function addRefusedForm(response: object | undefined): void {
  const { content } = (response ?? {}) as { content?: Record<string, object> };
  if (content && 'application/problem+json' in content)
    content['application/json'] = { schema: { $ref: '#/components/schemas/AstraRefusedForm' } };
}

/** Returns the schema of a problem extended by the fields of RFC 6749, 5.2. */
export function refusedForm(problem: Schemas[string] | undefined): Schemas[string] {
  const { properties, required = [] } = (problem ?? {}) as { properties?: object; required?: string[] };
  return {
    type: 'object',
    properties: {
      error: {
        type: 'string',
        example: 'invalid_grant',
        description: 'The OAuth2 error code.',
      },
      error_description: {
        type: 'string',
        example: 'Incorrect username or password',
        description: 'The `detail` in ASCII.',
      },
      ...properties,
    },
    required: ['error', 'error_description', ...required],
  };
}
