import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import { RefusalTrail } from '../audit/refusal-trail.js';
import { clientOf } from '../problem/client.js';
import type { AnyRequest } from '../problem/request-id.js';
import type { Permission, RoleName } from '../settings/roles-option.js';
import {
  InsufficientPermissionError,
  InsufficientRoleError,
  NotAuthenticatedError,
} from './access.errors.js';
import { ruleOf, stateRule } from './access-rule.js';
import { callerOf } from './caller.js';
import { JwtGuard } from './jwt.guard.js';
import { PRINCIPAL, type TokenHolder } from './principal.js';
import { refuse } from './refuse.js';

export const ROLES = 'astra:roles';
const PERMISSIONS = 'astra:permissions';

/**
 * Lets in who has one of the roles that `@Roles()` names, and a role that permits all that `@Permissions()` names. The
 * role is the one in the database, not the token's.
 *
 * @throws {NotAuthenticatedError} if nobody is signed in.
 * @throws {InsufficientRoleError} naming the roles that may.
 * @throws {InsufficientPermissionError} naming what the role would have to permit.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    // A public handler below a class that asks for a role.
    if (ruleOf(context, this.reflector) === 'public') return true;
    const targets = [context.getHandler(), context.getClass()];
    const roles = this.reflector.getAllAndOverride<RoleName[] | undefined>(ROLES, targets);
    const permissions = this.reflector.getAllAndOverride<Permission[] | undefined>(PERMISSIONS, targets);
    if (!roles && !permissions) return true;

    const principal = callerOf(context)[PRINCIPAL];
    if (!principal) return refuse(new NotAuthenticatedError(), context, this.adapterHost);
    if (roles && !roles.includes(principal.role)) {
      this.record(principal, roles, context);
      return refuse(new InsufficientRoleError(roles), context, this.adapterHost);
    }
    if (permissions && !permissions.every((one) => principal.permissions.includes(one))) {
      this.record(principal, permissions, context);
      return refuse(new InsufficientPermissionError(permissions), context, this.adapterHost);
    }
    return true;
  }

  private record(principal: TokenHolder, needed: readonly string[], context: ExecutionContext): void {
    const operation = `${context.getClass().name}.${context.getHandler().name}`;
    const isHttp = context.getType() === 'http';
    const client = isHttp ? clientOf(context.switchToHttp().getRequest<AnyRequest>()) : null;
    this.findRefusals()?.forbidden(principal, operation, needed, client);
  }

  /** A service that only verifies tokens keeps no audit trail. */
  private findRefusals(): RefusalTrail | undefined {
    try {
      return this.modules.get(RefusalTrail, { strict: false });
    } catch {
      return undefined;
    }
  }
}

/**
 * Only signed-in users of one of these roles may call the route. It brings its guards, so that a route of the host
 * is closed also where `@Authenticated()` was forgotten.
 */
export const Roles = (...roles: [RoleName, ...RoleName[]]) =>
  applyDecorators(
    stateRule('signed-in', '@Roles()'),
    SetMetadata(ROLES, roles),
    UseGuards(JwtGuard, RolesGuard),
  );

/** Only signed-in users whose role permits all of these may call the route. It brings its guards, as `@Roles()` does. */
export const Permissions = (...permissions: [Permission, ...Permission[]]) =>
  applyDecorators(
    stateRule('signed-in', '@Permissions()'),
    SetMetadata(PERMISSIONS, permissions),
    UseGuards(JwtGuard, RolesGuard),
  );
