import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { InsufficientRoleError } from './access.errors.js';
import type { TokenHolder } from './principal.js';
import type { Role } from './role.js';

export const ROLES = 'astra:roles';

/** Only users of one of these roles may call the route. */
export const Roles = (...roles: [Role, ...Role[]]) => applyDecorators(SetMetadata(ROLES, roles));

/**
 * Lets in who has one of the roles that `@Roles()` names. The role is the one in the database, not the token's.
 *
 * @throws {InsufficientRoleError} naming the roles that may.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.getAllAndOverride<Role[] | undefined>(ROLES, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!roles) return true;
    const { user } = context.switchToHttp().getRequest<{ user?: TokenHolder }>();
    if (!user || !roles.includes(user.role)) throw new InsufficientRoleError(roles);
    return true;
  }
}
