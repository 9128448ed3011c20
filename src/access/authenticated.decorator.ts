import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import { SECURITY_SCHEME } from './astra-controller.decorator.js';
import { JwtGuard } from './jwt.guard.js';
import { RolesGuard } from './roles.guard.js';

/**
 * Guards a route or a controller of the host with Astra's access tokens and, with `@Roles()`, roles. What they
 * refuse goes to the host's filters like any other error of its route; `@UseFilters(ProblemFilter)` makes problem
 * documents of it.
 */
export const Authenticated = () =>
  applyDecorators(UseGuards(JwtGuard, RolesGuard), ApiBearerAuth(SECURITY_SCHEME));
