import { applyDecorators, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import { ProblemFilter } from '../problem/problem.filter.js';
import { SECURITY_SCHEME } from './astra-controller.decorator.js';
import { JwtGuard } from './jwt.guard.js';
import { RolesGuard } from './roles.guard.js';

/** Guards a route or a controller of the host with Astra's access tokens and, with `@Roles()`, roles. */
export const Authenticated = () =>
  applyDecorators(UseGuards(JwtGuard, RolesGuard), UseFilters(ProblemFilter), ApiBearerAuth(SECURITY_SCHEME));
