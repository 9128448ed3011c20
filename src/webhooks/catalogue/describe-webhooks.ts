import type { OpenAPIObject } from '@nestjs/swagger';
import type { WebhookType } from './webhook-field.js';
import { webhookTypes } from './webhook-types.js';

type Webhooks = NonNullable<OpenAPIObject['webhooks']>;

/** Headers of each request (Standard Webhooks 1.0.0). */
const HEADERS = {
  'webhook-id': 'Id of the event, the same at each try. Ignore an event whose id you have already processed.',
  'webhook-timestamp': 'Time of this try, in seconds since 1970.',
  'webhook-signature':
    '`v1,` and the base64 of HMAC-SHA256 of `id.timestamp.body`. While a secret is being replaced, there are two, separated by a space.',
};

/**
 * Describes the requests that are sent to endpoints, for an OpenAPI document (3.1): receivers can generate their types from
 * it. All of it is derived from {@link webhookTypes}.
 */
export function describeWebhooks(): Webhooks {
  return Object.fromEntries(
    Object.entries<WebhookType>(webhookTypes).map(([name, { says, fields }]) => [
      name,
      {
        post: {
          summary: says,
          parameters: Object.entries(HEADERS).map(([header, description]) => ({
            name: header,
            in: 'header' as const,
            required: true,
            description,
            schema: { type: 'string' },
          })),
          requestBody: {
            required: true,
            content: { 'application/json': { schema: payloadSchema(name, fields) } },
          },
          responses: {
            '2XX': {
              description:
                'The event was received. Respond within 15 seconds; at most 1 KiB of the body is read, and none of it is kept.',
            },
            '410': { description: 'The endpoint no longer exists: the webhook is disabled.' },
            default: { description: 'The event is sent again later.' },
          },
        },
      },
    ]),
  );
}

/**
 * Returns the schema of the body of a request (JSON Schema 2020-12). Further fields may be added to the data, so it does not
 * forbid them.
 */
function payloadSchema(name: string, fields: WebhookType['fields']): object {
  const properties = Object.entries(fields);
  return {
    type: 'object',
    required: ['type', 'timestamp', 'data'],
    properties: {
      type: { type: 'string', const: name },
      timestamp: {
        ...{ type: 'string', format: 'date-time', description: 'Time of the event.' },
        examples: ['2026-11-22T10:00:00.000Z'],
      },
      data: {
        type: 'object',
        required: properties.filter(([, { isPersonal }]) => !isPersonal).map(([field]) => field),
        properties: Object.fromEntries(
          properties.map(([field, { schema, isPersonal }]) => [
            field,
            isPersonal
              ? { ...schema, description: 'Only with `data: "full"`, until the account is erased.' }
              : schema,
          ]),
        ),
      },
    },
  };
}
