import type { INestApplicationContext, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { DECORATORS, type OpenAPIObject } from '@nestjs/swagger';
import { isAstraController } from '../access/astra-controller.decorator.js';
import { API_KEY_SCHEME } from '../access/openapi/document-security.js';
import { nameRoles, type Operation } from '../access/openapi/openapi-document.js';
import { withoutProblem } from '../http/problem/api-problems.decorator.js';
import type { ProblemCode } from '../http/problem/problem-types.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { describeWebhooks } from '../webhooks/catalogue/describe-webhooks.js';
import { describeRefreshCookie, cookieModeToken } from './describe-refresh-cookie.js';
import { describeRefusedForms, refusedForm } from './describe-refused-forms.js';

/** Tags of Astra's routes in an OpenAPI document. */
export type AstraTag = 'Auth' | 'Users' | 'Sessions' | 'Passkeys' | 'API keys' | 'Administration' | 'Service';

/** Options for the description of Astra's routes. */
export interface DescribeOptions {
  /** Other names for Astra's tags, such as `{ Auth: 'Accounts' }`. Default their own. */
  tags?: Partial<Record<AstraTag, string>>;
}

/**
 * Completes an OpenAPI document with the parts that depend on Astra's options: the response of `register`,
 * refresh tokens in a cookie, webhooks, and the roles. It also describes the error responses to forms (RFC 6749, 5.2).
 * The host's own routes are not changed.
 *
 * @param app - Application that imports Astra.
 * @returns the document, changed in place.
 */
export function describeAstra(
  app: INestApplicationContext,
  document: OpenAPIObject,
  { tags = {} }: DescribeOptions = {},
): OpenAPIObject {
  const settings = app.get(AuthSettings);
  const own = operationIds(app);
  for (const item of Object.values(document.paths) as Record<string, Operation>[]) {
    for (const [method, { operationId }] of Object.entries(item)) {
      if (!operationId || !own.has(operationId)) continue;
      // The operation shares objects with the decorators' metadata, from which other documents of this process are
      // generated.
      const operation = (item[method] = structuredClone(item[method]));
      operation.tags = operation.tags?.map((tag) => tags[tag as AstraTag] ?? tag);
      if (operationId === 'registration_register') describeRegistration(operation, settings);
      if (settings.refreshCookieOrigins) describeRefreshCookie(operation);
      if (!settings.features.apiKeys) withoutApiKeys(operation);
      describeRefusedForms(operation);
    }
  }
  if (!settings.features.apiKeys) delete document.components?.securitySchemes?.[API_KEY_SCHEME];
  const schemas = document.components?.schemas ?? {};
  if (schemas.AstraProblem) schemas.AstraRefusedForm = refusedForm(schemas.AstraProblem);
  for (const name of settings.refreshCookieOrigins ? ['AstraToken', 'AstraContinuedToken'] : [])
    if (schemas[name]) schemas[`${name}BesideCookie`] = cookieModeToken(schemas[name]);
  // New in OpenAPI 3.1.
  if (settings.features.webhooks && !document.openapi.startsWith('3.0'))
    document.webhooks = { ...document.webhooks, ...describeWebhooks() };
  return nameRoles(document, settings.roles.keys());
}

/** Removes what an operation says about API keys, where there are none. */
function withoutApiKeys(operation: Operation): void {
  operation.security = operation.security?.filter((one) => !(API_KEY_SCHEME in one));
  removeProblem(operation, '400', 'ambiguous-credentials');
  removeProblem(operation, '403', 'insufficient-scope');
}

/** Removes a problem, and its response if it was the only one. */
function removeProblem({ responses }: Operation, status: string, code: ProblemCode): void {
  if (!responses[status]) return;
  const response = withoutProblem(responses[status] as { description: string }, code);
  if (response.description === '') delete responses[status];
  else responses[status] = response;
}

/** Removes the responses that registration cannot return with the configured privacy. */
function describeRegistration({ responses }: Operation, { registrationPrivacy }: AuthSettings): void {
  const isStrict = registrationPrivacy === 'strict';
  delete responses[isStrict ? '201' : '202'];
  // Strict registration reports a taken email address to its owner only, by email.
  if (isStrict) responses['409'] = withoutProblem(responses['409'], 'email-taken');
}

/** Returns the operation ids of Astra's controllers, since a host's own may have the same paths and tags. */
function operationIds(app: INestApplicationContext): Set<string> {
  const modules = [...app.get(ModulesContainer).values()];
  const controllers = modules
    .flatMap((module) => [...module.controllers.values()])
    .map(({ metatype }) => metatype as Type | null)
    .filter((controller) => controller !== null && isAstraController(controller));
  const ids = controllers.flatMap((controller) => {
    const members = Object.values(Object.getOwnPropertyDescriptors(controller?.prototype ?? {}));
    const methods = members
      .map(({ value }) => value as unknown)
      .filter((value) => typeof value === 'function');
    return methods.map(
      (method) =>
        (Reflect.getMetadata(DECORATORS.API_OPERATION, method) as Operation | undefined)?.operationId,
    );
  });
  return new Set(ids.filter((id) => id !== undefined));
}
