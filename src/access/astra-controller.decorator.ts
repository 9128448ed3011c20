import {
  applyDecorators,
  type CanActivate,
  Controller,
  type ExecutionContext,
  SetMetadata,
  type Type,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type InputKind, inputArguments, isRoute } from '../http/nest/nest-internals.js';
import { ApiProblems } from '../http/problem/api-problems.decorator.js';
import { CheckInput } from '../http/input/check-input.decorator.js';
import { InputGuard } from '../http/input/input.guard.js';
import {
  ContentTooLargeError,
  InvalidInputError,
  missingField,
  Problem,
  UnsupportedMediaTypeError,
} from '../http/problem/problem.js';
import { ProblemFilter } from '../http/problem/problem.filter.js';
import { RateLimitGuard } from '../rate-limit/rate-limit.guard.js';
import { isPublic } from './guards/access-rule.js';
import { AccountLimitGuard } from './guards/account-limit.guard.js';
import {
  AmbiguousCredentialsError,
  InsufficientRoleError,
  InsufficientScopeError,
  InvalidTokenError,
  NotAuthenticatedError,
  ReauthenticationRequiredError,
} from './access.errors.js';
import { DEFAULT_REAUTHENTICATION_TTL } from './recent-sign-in.js';
import { API_KEY_SCHEME, DocumentSecurity, SECURITY_SCHEME } from './openapi/document-security.js';
import { InputRefusalFilter } from './guards/input-refusal.filter.js';
import { JwtGuard, SCOPES } from './guards/jwt.guard.js';
import {
  RecentSignInGuard,
  SIGN_IN_REQUIREMENT,
  type StatedRequirement,
} from './guards/recent-sign-in.guard.js';
import { ROLES, RolesGuard } from './guards/roles.guard.js';
import type { RoleName } from '../settings/roles-option.js';

const ASTRA_CONTROLLER = 'astra:controller';

/**
 * Marks a controller of Astra: requests are counted, routes are closed unless `@Public()`, input is
 * validated, errors are problem documents. Nothing is bound globally, so a host's own routes are not
 * affected. The consequences for the OpenAPI document (the lock, 401, 403, 415, 422) are added here as well.
 *
 * @param first - Guards that come before all others, even before requests are counted.
 */
export function AstraController(path: string, ...first: Type<CanActivate>[]): ClassDecorator {
  return (controller) => {
    // Only where a route requires it: each guard of a class costs time on all of its routes.
    const recent = routesOf(controller).some(({ handler }) =>
      statedFor(SIGN_IN_REQUIREMENT, handler, controller),
    )
      ? [RecentSignInGuard]
      : [];
    applyDecorators(
      Controller(path),
      SetMetadata(ASTRA_CONTROLLER, true),
      UseGuards(...first, RateLimitGuard, JwtGuard, RolesGuard, ...recent, AccountLimitGuard, InputGuard),
      CheckInput(),
      UseFilters(InputRefusalFilter),
      DocumentRoutes(),
    )(controller);
  };
}

/**
 * Marks a controller of Astra with HTML pages: public, and tolerant of query parameters that other programs
 * add to a URL. Their URLs have no version, so that emailed links outlive an API version.
 */
export function AstraPages(path: string): ClassDecorator {
  return applyDecorators(
    Controller({ path, version: VERSION_NEUTRAL }),
    SetMetadata(ASTRA_CONTROLLER, true),
    UseGuards(RateLimitGuard),
    UseFilters(ProblemFilter),
    ApiExcludeController(),
  );
}

/**
 * Returns whether a request is for one of Astra's own routes, so that a host's global guard can let it pass.
 */
export function isAstraRoute(context: ExecutionContext): boolean {
  return isAstraController(context.getClass());
}

/** Returns whether a controller belongs to Astra. */
export function isAstraController(controller: Type): boolean {
  return Reflect.getMetadata(ASTRA_CONTROLLER, controller) === true;
}

/** Returns what a decorator has stated for a route, as guards read it: on the route, else on its controller. */
function statedFor(key: string, handler: object, controller: object): unknown {
  return Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
}

/** Returns the handlers of a controller, with their names and descriptors. */
function routesOf({ prototype }: { prototype: object }) {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([key, descriptor]) => {
    const handler: unknown = descriptor.value;
    return isRoute(handler) ? [{ key, descriptor, handler }] : [];
  });
}

/**
 * Adds security and implied error responses to the OpenAPI description of every route of a controller.
 * `@nestjs/swagger` reads this metadata per handler, so it cannot be set on the class alone.
 */
function DocumentRoutes(): ClassDecorator {
  return (controller) => {
    const prototype = controller.prototype as object;
    for (const { key, descriptor, handler } of routesOf(controller)) {
      if (!isPublic(handler)) {
        const schemes = statedFor(SCOPES, handler, controller) ? [API_KEY_SCHEME] : [];
        DocumentSecurity(SECURITY_SCHEME, ...schemes)(prototype, key, descriptor);
      }
      ApiProblems(...impliedProblems(controller, key, handler))(prototype, key, descriptor);
    }
  };
}

/**
 * Returns the errors that guards and input validation can cause on a route, derived from its decorators and parameters.
 */
function impliedProblems(controller: object, key: string, handler: object): Problem[] {
  const inputs = inputArguments(controller, key);
  const takes = (...kinds: InputKind[]) => inputs.some(({ kind }) => kinds.includes(kind));
  const roles = statedFor(ROLES, handler, controller) as RoleName[] | undefined;

  const problems: Problem[] = [];
  if (!isPublic(handler)) problems.push(new NotAuthenticatedError(), new InvalidTokenError());
  if (roles) problems.push(new InsufficientRoleError(roles));
  const scopes = statedFor(SCOPES, handler, controller) as string[] | undefined;
  if (scopes) problems.push(new AmbiguousCredentialsError(), new InsufficientScopeError(scopes));
  const stated = statedFor(SIGN_IN_REQUIREMENT, handler, controller) as StatedRequirement | undefined;
  if (stated) {
    const { within = DEFAULT_REAUTHENTICATION_TTL, factors = 1 } = stated;
    problems.push(new ReauthenticationRequiredError({ within, factors }));
  }
  if (takes('body')) {
    problems.push(
      new Problem(400, 'malformed-json', 'The request body is not valid JSON.'),
      new ContentTooLargeError(),
      new UnsupportedMediaTypeError(),
    );
  }
  if (takes('body', 'query', 'param')) {
    problems.push(new InvalidInputError([missingField('body', 'username')]));
  }
  return problems;
}
