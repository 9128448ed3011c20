import type { OpenAPIObject } from '@nestjs/swagger';
import { CLIENT_HEADER, REFRESH_COOKIE } from '../auth/sessions/refresh-cookie.js';
import type { Operation } from './problem-examples.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
interface ObjectSchema {
  properties: Record<string, object>;
  required: string[];
}

/** The routes that the cookie is for, by the ends of their paths. */
const routes = /\/auth\/(login|refresh|revoke)$/;

/** Says of a service that may keep refresh tokens in a cookie how a page asks for that, and what it gets. */
export function describeRefreshCookie(paths: OpenAPIObject['paths'], schemas: Schemas = {}): void {
  const token = schemas.AstraToken as ObjectSchema;
  const { refresh_token: _, ...properties } = token.properties;
  const required = token.required.filter((name) => name !== 'refresh_token');
  schemas.AstraTokenBesideCookie = { ...token, properties, required } as Schemas[string];

  for (const [path, { post }] of Object.entries(paths)) {
    if (!post || !routes.test(path)) continue;
    post.parameters = [
      ...(post.parameters ?? []),
      {
        name: CLIENT_HEADER,
        in: 'header',
        schema: { type: 'string', enum: ['browser'] },
        example: 'browser',
        description: `From a page whose refresh token is in the cookie \`${REFRESH_COOKIE}\`; it is left out of bodies.`,
      },
    ];
    const isLogin = path.endsWith('/login');
    if (!isLogin && post.requestBody && 'content' in post.requestBody) post.requestBody.required = false;
    if (!path.endsWith('/revoke')) addCookie(post.responses['200'] as Answer);
  }
}

type Answer = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;

function addCookie(answer: Answer): void {
  answer.headers = {
    'Set-Cookie': {
      description: 'The refresh token, if the page asked for it.',
      schema: { type: 'string' },
      example: `${REFRESH_COOKIE}=AQGZ86Rv…; Path=/; HttpOnly; Secure; SameSite=Strict`,
    },
  };
  const refs = ['AstraToken', 'AstraTokenBesideCookie'].map((name) => ({
    $ref: `#/components/schemas/${name}`,
  }));
  // A token with all of its fields is also one of those with fewer.
  answer.content = { 'application/json': { schema: { anyOf: refs } } };
}
