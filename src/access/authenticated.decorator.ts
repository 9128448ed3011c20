import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import { SECURITY_SCHEME } from './astra-controller.decorator.js';
import { JwtGuard } from './jwt.guard.js';
import { IS_OPTIONAL } from './public.decorator.js';
import { RolesGuard } from './roles.guard.js';

/**
 * Guards a route or a controller of the host, a GraphQL resolver or a gateway with Astra's access tokens and, with
 * `@Roles()` and `@Permissions()`, by role. What is refused goes to the host's filters like any other error of its
 * route; `@UseFilters(ProblemFilter)` makes problem documents of it.
 *
 * @param options.optional - Lets in who sends no token too: then `@CurrentUser()` is `null`. A token that is not good is
 *   refused all the same, so that a client whose session has ended gets to know. Default `false`.
 */
export const Authenticated = (options: { optional?: boolean } = {}) =>
  applyDecorators(
    SetMetadata(IS_OPTIONAL, options.optional ?? false),
    UseGuards(JwtGuard, RolesGuard),
    ApiBearerAuth(SECURITY_SCHEME),
    ...(options.optional ? [ApiSecurity({})] : []),
  );
