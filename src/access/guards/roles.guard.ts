import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import type { Permission, RoleName } from '../../settings/roles-option.js';
import {
  InsufficientPermissionError,
  InsufficientRoleError,
  NotAuthenticatedError,
} from '../access.errors.js';
import { ruleOf, stateRule } from './access-rule.js';
import { handlerRequestOf } from './handler-request.js';
import { JwtGuard } from './jwt.guard.js';
import { PRINCIPAL } from '../principal.js';
import { recordRefusal } from './record-refusal.js';
import { throwWithHeaders } from './throw-with-headers.js';

/** Metadata key of the roles that `@Roles()` names. */
export const ROLES = 'astra:roles';
const PERMISSIONS = 'astra:permissions';

/**
 * Requires one of the roles in `@Roles()`, and all permissions in `@Permissions()`. The role is read from the
 * database, not from the token.
 *
 * @throws {NotAuthenticatedError} if nobody is signed in.
 * @throws {InsufficientRoleError} if the role is not one of those; the message names them.
 * @throws {InsufficientPermissionError} if a permission is missing; the message names all that are required.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {}

  /**
   * Compares the principal, which an earlier guard stored in the request, with what the route requires. A route without
   * requirements is open to everyone admitted by the earlier guards.
   */
  canActivate(context: ExecutionContext): boolean {
    // A public handler in a class with a role requirement.
    if (ruleOf(context, this.reflector) === 'public') return true;
    const targets = [context.getHandler(), context.getClass()];
    const roles = this.reflector.getAllAndOverride<RoleName[] | undefined>(ROLES, targets);
    const permissions = this.reflector.getAllAndOverride<Permission[] | undefined>(PERMISSIONS, targets);
    if (!roles && !permissions) return true;

    const principal = handlerRequestOf(context)[PRINCIPAL];
    if (!principal) return throwWithHeaders(new NotAuthenticatedError(), context, this.adapterHost);
    if (roles && !roles.includes(principal.role)) {
      recordRefusal(this.modules, principal, roles, context);
      return throwWithHeaders(new InsufficientRoleError(roles), context, this.adapterHost);
    }
    if (permissions && !permissions.every((one) => principal.permissions.includes(one))) {
      recordRefusal(this.modules, principal, permissions, context);
      return throwWithHeaders(new InsufficientPermissionError(permissions), context, this.adapterHost);
    }
    return true;
  }
}

/**
 * Restricts a route to signed-in users with one of these roles. It includes its guards, so that a route of
 * the host is closed even without `@Authenticated()`.
 */
export const Roles = (...roles: [RoleName, ...RoleName[]]) =>
  applyDecorators(
    stateRule('signed-in', '@Roles()'),
    SetMetadata(ROLES, roles),
    UseGuards(JwtGuard, RolesGuard),
  );

/**
 * Restricts a route to signed-in users whose role has all of these permissions. It includes its guards, like
 * `@Roles()`.
 */
export const Permissions = (...permissions: [Permission, ...Permission[]]) =>
  applyDecorators(
    stateRule('signed-in', '@Permissions()'),
    SetMetadata(PERMISSIONS, permissions),
    UseGuards(JwtGuard, RolesGuard),
  );
