import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import { Refusals } from '../audit/refusals.js';
import { clientOf } from '../problem/client.js';
import type { AnyRequest } from '../problem/request-id.js';
import { InsufficientRoleError } from './access.errors.js';
import { JwtGuard } from './jwt.guard.js';
import { type AuthenticatedRequest, PRINCIPAL, type TokenHolder } from './principal.js';
import type { Role } from './role.js';
import { refuse } from './refuse.js';

export const ROLES = 'astra:roles';

/**
 * Lets in who has one of the roles that `@Roles()` names. The role is the one in the database, not the token's.
 *
 * @throws {InsufficientRoleError} naming the roles that may.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.getAllAndOverride<Role[] | undefined>(ROLES, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!roles) return true;
    const principal = context.switchToHttp().getRequest<AuthenticatedRequest>()[PRINCIPAL];
    if (principal && roles.includes(principal.role)) return true;
    if (principal) this.record(principal, roles, context);
    return refuse(new InsufficientRoleError(roles), context, this.adapterHost);
  }

  private record(principal: TokenHolder, roles: readonly Role[], context: ExecutionContext): void {
    const operation = `${context.getClass().name}.${context.getHandler().name}`;
    const isHttp = context.getType() === 'http';
    const client = isHttp ? clientOf(context.switchToHttp().getRequest<AnyRequest>()) : null;
    this.findRefusals()?.forbidden(principal, operation, roles, client);
  }

  /** A service that only verifies tokens keeps no audit trail. */
  private findRefusals(): Refusals | undefined {
    try {
      return this.modules.get(Refusals, { strict: false });
    } catch {
      return undefined;
    }
  }
}

/**
 * Only signed-in users of one of these roles may call the route. It brings its guards, so that a route of the host
 * is closed also where `@Authenticated()` was forgotten.
 */
export const Roles = (...roles: [Role, ...Role[]]) =>
  applyDecorators(SetMetadata(ROLES, roles), UseGuards(JwtGuard, RolesGuard));
