import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { API_KEY_SCHEME, DocumentSecurity, SECURITY_SCHEME } from '../openapi/document-security.js';
import { stateRule } from './access-rule.js';
import { JwtGuard, SCOPES } from './jwt.guard.js';
import { RolesGuard } from './roles.guard.js';

/**
 * Opens a route, a GraphQL resolver or a gateway to API keys that have all of these scopes; all others refuse every key. It
 * does not restrict signed-in users, who may do what their role permits. Roles and permissions apply to keys as well, those
 * of now. `@RecentSignIn()` does not: a recent sign-in was required to create the key. It includes its guards, like
 * `@Roles()`.
 *
 * The option `apiKeys.scopes` has to name the scopes, so that keys can be created with them.
 */
export const Scopes = (...scopes: [string, ...string[]]) =>
  applyDecorators(
    stateRule('signed-in', '@Scopes()'),
    SetMetadata(SCOPES, scopes),
    UseGuards(JwtGuard, RolesGuard),
    DocumentSecurity(SECURITY_SCHEME, API_KEY_SCHEME),
  );

/** As `@Scopes()`, for a route of an `@AstraController()`, which has the guards and their documentation already. */
export const KeyScopes = (...scopes: [string, ...string[]]) => SetMetadata(SCOPES, scopes) as MethodDecorator;
