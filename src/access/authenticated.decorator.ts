import { applyDecorators, UseGuards } from '@nestjs/common';
import { stateRule } from './guards/access-rule.js';
import { DocumentSecurity, SECURITY_SCHEME } from './openapi/document-security.js';
import { JwtGuard } from './guards/jwt.guard.js';
import { RolesGuard } from './guards/roles.guard.js';

/**
 * Guards a route or a controller of the host, a GraphQL resolver or a gateway with Astra's access tokens and,
 * with `@Roles()` and `@Permissions()`, by role. Errors go to the host's filters like any other error of the
 * route; `@UseFilters(ProblemFilter)` turns them into problem documents.
 *
 * @param options.optional - Also accepts requests without a token; `@CurrentUser()` is then `null`. An
 * invalid token is still rejected, so that a client notices when its session has ended. Default `false`.
 * @throws {Error} while the class is loaded, if it contradicts another decorator on the same route or class.
 */
export const Authenticated = (options: { optional?: boolean } = {}) =>
  applyDecorators(
    options.optional
      ? stateRule('optional', '@Authenticated({ optional: true })')
      : stateRule('signed-in', '@Authenticated()'),
    UseGuards(JwtGuard, RolesGuard),
    DocumentSecurity(SECURITY_SCHEME, ...(options.optional ? [null] : [])),
  );
