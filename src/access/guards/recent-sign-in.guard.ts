import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import { findProvider } from '../../http/nest/find-provider.js';
import { NotAuthenticatedError, ReauthenticationRequiredError } from '../access.errors.js';
import { Authenticator } from '../authenticator.js';
import { PRINCIPAL } from '../principal.js';
import { isMet, type SignInRequirement } from '../recent-sign-in.js';
import { ruleOf, stateRule } from './access-rule.js';
import { handlerRequestOf } from './handler-request.js';
import { JwtGuard } from './jwt.guard.js';
import { RolesGuard } from './roles.guard.js';
import { throwWithHeaders } from './throw-with-headers.js';

/** Key of the requirement in the metadata of a handler or class. */
export const SIGN_IN_REQUIREMENT = 'astra:sign-in-requirement';

/**
 * Requires the sign-in described by `@RecentSignIn()` or `@TwoFactors()`.
 *
 * @throws {ReauthenticationRequiredError} if the last proof is too old, or there was no second factor.
 */
@Injectable()
export class RecentSignInGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const stated = this.reflector.getAllAndOverride<Partial<SignInRequirement> | undefined>(
      SIGN_IN_REQUIREMENT,
      [context.getHandler(), context.getClass()],
    );
    if (!stated || ruleOf(context, this.reflector) === 'public') return true;
    const caller = handlerRequestOf(context)[PRINCIPAL];
    if (!caller) return throwWithHeaders(new NotAuthenticatedError(), context, this.adapterHost);
    const requirement = { factors: stated.factors ?? 1, within: stated.within ?? this.ttl() };
    if (isMet(requirement, caller)) return true;
    return throwWithHeaders(new ReauthenticationRequiredError(requirement), context, this.adapterHost);
  }

  private ttl(): number {
    return findProvider(this.modules, Authenticator).reauthenticationTtl;
  }
}

/**
 * Restricts a route to users who signed in recently. Otherwise the response is 401 `reauthentication-required` (RFC 9470). It includes its
 * guards, like `@Roles()`.
 *
 * @param requirement.within - Seconds. Default the option `reauthenticationTtl`; in a verifier 300.
 * @param requirement.factors - `2` also requires that a second factor was used that recently. Default 1.
 */
export const RecentSignIn = (requirement: Partial<SignInRequirement> = {}) =>
  applyDecorators(
    stateRule('signed-in', '@RecentSignIn()'),
    SetMetadata(SIGN_IN_REQUIREMENT, requirement),
    UseGuards(JwtGuard, RolesGuard, RecentSignInGuard),
  );

/** Restricts a route to sessions that were started with two factors (`acr` is `aal2`), however long ago. */
export const TwoFactors = () => RecentSignIn({ within: Infinity, factors: 2 });
