import { applyDecorators, UseGuards } from '@nestjs/common';
import { stateRule } from './access-rule.js';
import { DocumentSecurity, SECURITY_SCHEME } from './document-security.js';
import { JwtGuard } from './jwt.guard.js';
import { RolesGuard } from './roles.guard.js';

/**
 * Guards a route or a controller of the host, a GraphQL resolver or a gateway with Astra's access tokens and, with
 * `@Roles()` and `@Permissions()`, by role. What is refused goes to the host's filters like any other error of its
 * route; `@UseFilters(ProblemFilter)` makes problem documents of it.
 *
 * @param options.optional - Lets in who sends no token too: then `@CurrentUser()` is `null`. A token that is not good is
 *   refused all the same, so that a client whose session has ended gets to know. Default `false`.
 * @throws {Error} while the class is loaded, if it says the contrary of another decorator on the same route or class.
 */
export const Authenticated = (options: { optional?: boolean } = {}) =>
  applyDecorators(
    options.optional
      ? stateRule('optional', '@Authenticated({ optional: true })')
      : stateRule('signed-in', '@Authenticated()'),
    UseGuards(JwtGuard, RolesGuard),
    DocumentSecurity(SECURITY_SCHEME, ...(options.optional ? [null] : [])),
  );
