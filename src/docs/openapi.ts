import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { problemResponse } from '../http/problem/api-problems.decorator.js';
import { Problem, UnavailableError } from '../http/problem/problem.js';
import { name, version } from '../version.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { basePathOf } from '../settings/base-path.js';
import { describeAstra } from '../openapi/describe-astra.js';
import { addRefusedForm } from '../openapi/describe-refused-forms.js';
import { addAstraSecurity, type Operation } from '../access/openapi/openapi-document.js';
import { fillInExamples } from './problem-examples.js';

/** Problems that any route can return, described once rather than at each route. */
const COMMON_PROBLEMS = [
  new Problem(429, 'too-many-requests', 'Too many requests. Please try again later.', {
    headers: { 'Retry-After': '30' },
  }),
  new Problem(500, 'internal-error', 'An unexpected error occurred. Please report it with the request id.'),
  new UnavailableError(),
];

/**
 * Describes the routes of the stand-alone service (OpenAPI 3.1).
 *
 * @param apiPrefix - With a leading and without a trailing slash.
 */
export function describeApi(app: INestApplication, apiPrefix: string): OpenAPIObject {
  const basePath = basePathOf(app.get(AuthSettings));
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(name)
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setDescription(introduction(apiPrefix))
    .addTag('Auth', 'Sign up, sign in, refresh tokens and sign out.')
    .addTag('Users', 'The account of the signed-in user, and routes for certain roles.')
    .addTag('Sessions', 'The sessions of the signed-in user.')
    .addTag('Passkeys', 'The passkeys of the signed-in user.')
    .addTag('API keys', 'The API keys of the signed-in user.')
    .addTag('Administration', 'Accounts and audit events, for admins and moderators.')
    .addTag('Service', 'Version, health and problem types.');
  addAstraSecurity(builder, { tokenUrl: `${basePath}${apiPrefix}/auth/login` });
  // Only a path, because "Try it out" must use the host name that the page was opened with (same-origin policy).
  builder.addServer(basePath || '/');

  const document = describeAstra(app, SwaggerModule.createDocument(app, builder.build()));
  // The document shares objects with the decorators' metadata, from which other documents of this process are
  // generated.
  const { components, ...own } = structuredClone(document);
  for (const [path, item] of Object.entries(own.paths)) {
    for (const operation of Object.values(item) as Operation[]) {
      fillInExamples(operation, path, components?.schemas);
      operation.responses.default = { $ref: '#/components/responses/Problem' };
    }
  }
  const anyProblem = problemResponse(COMMON_PROBLEMS, `${apiPrefix}/users/me`, { areAll: false });
  const responses = { Problem: { ...anyProblem, description: 'Any other problem' } };
  addRefusedForm(responses.Problem);
  return { ...own, components: { ...components, responses } };
}

/** Returns the description of the API in Markdown. */
function introduction(apiPrefix: string): string {
  return [
    'User accounts and authentication.',
    '',
    `1. Sign up: \`POST ${apiPrefix}/auth/register\`.`,
    `2. Sign in: press **Authorize** in [Swagger UI](docs), or send username and password to \`POST ${apiPrefix}/auth/login\`.`,
    '3. Send the access token with each request: `Authorization: Bearer <token>`.',
    '',
    'Errors are problem documents ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)): `type` is meant for programs, `detail` for people.',
  ].join('\n');
}
