import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from '../access/openapi/openapi-document.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

/** Says of an operation that takes forms how it refuses them: as OAuth2 libraries expect it. */
export function describeRefusedForms({ requestBody, responses }: Operation): void {
  const { content = {} } = (requestBody ?? {}) as { content?: object };
  if ('application/x-www-form-urlencoded' in content) Object.values(responses).forEach(addRefusedForm);
}

/** Adds the form of OAuth2 to a response that is a problem. It refers to the schema of {@link refusedForm}. */
export function addRefusedForm(response: object | undefined): void {
  const { content } = (response ?? {}) as { content?: Record<string, object> };
  if (content && 'application/problem+json' in content)
    content['application/json'] = { schema: { $ref: '#/components/schemas/AstraRefusedForm' } };
}

/** The schema of a problem, with what RFC 6749, 5.2, has besides. */
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
