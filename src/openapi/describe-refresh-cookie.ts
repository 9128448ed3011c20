import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from '../access/openapi/openapi-document.js';
import { CLIENT_HEADER, REFRESH_COOKIE } from '../auth/refresh/refresh-cookie.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Answer = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;

/** Returns the schema of a token response without the refresh token, which is in the cookie. */
export function cookieModeToken(token: Schemas[string]): Schemas[string] {
  const { properties, required } = token as { properties: Record<string, object>; required: string[] };
  const { refresh_token: _, ...others } = properties;
  return { ...token, properties: others, required: required.filter((name) => name !== 'refresh_token') };
}

/**
 * Describes the header that requests the refresh cookie, and the cookie in the response. Other operations are not
 * changed.
 */
export function describeRefreshCookie(operation: Operation): void {
  const { operationId, parameters = [], requestBody, responses } = operation;
  if (!/^sessions_(login|continue|refresh|revoke|send_email_code)$/.test(operationId ?? '')) return;
  operation.parameters = [
    ...parameters,
    {
      name: CLIENT_HEADER,
      in: 'header',
      schema: { type: 'string', enum: ['browser'] },
      example: 'browser',
      description: `Send this from a page whose refresh token is in the cookie \`${REFRESH_COOKIE}\`. The token is then omitted from bodies.`,
    },
  ];
  if (!/^sessions_(login|continue)$/.test(operationId ?? '') && requestBody && 'content' in requestBody)
    requestBody.required = false;
  const schema = operationId === 'sessions_continue' ? 'AstraContinuedToken' : 'AstraToken';
  if (!/_(revoke|send_email_code)$/.test(operationId ?? '')) addCookie(responses['200'] as Answer, schema);
}

/** Documents the cookie, and both forms of the body. */
function addCookie(answer: Answer, schema: string): void {
  answer.headers = {
    'Set-Cookie': {
      description: 'The refresh token, if the request asked for the cookie.',
      schema: { type: 'string' },
      example: `${REFRESH_COOKIE}=AQGZ86Rv…; Path=/; HttpOnly; Secure; SameSite=Strict`,
    },
  };
  const refs = [schema, `${schema}BesideCookie`].map((name) => ({
    $ref: `#/components/schemas/${name}`,
  }));
  // `anyOf` rather than `oneOf`, since a response with all fields also matches the schema with fewer.
  answer.content = { 'application/json': { schema: { anyOf: refs } } };
}
