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

/** Key of the {@link StatedRequirement} in the metadata of a handler or class. */
export const SIGN_IN_REQUIREMENT = 'astra:sign-in-requirement';

/** Requirement as stated by a decorator, and the requests that it concerns. */
export interface StatedRequirement extends Partial<SignInRequirement> {
  /** Fields of the body that require it, all others being harmless. Default: every request requires it. */
  readonly fields?: readonly string[];
  /** Whether one factor is enough while accounts have no second ones. Default `false`. */
  readonly whereThereAreTwo?: boolean;
  /** Whether the handler accepts the field `current_password` of the body instead, and verifies it. Default `false`. */
  readonly orPassword?: boolean;
}

/**
 * Requires the sign-in described by `@RecentSignIn()`, `@TwoFactors()` or one of Astra's own decorators below.
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
    const stated = this.reflector.getAllAndOverride<StatedRequirement | undefined>(SIGN_IN_REQUIREMENT, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!stated || ruleOf(context, this.reflector) === 'public') return true;
    const { fields, orPassword } = stated;
    if (fields && !hasAny(fields, context)) return true;
    if (orPassword && hasAny(['current_password'], context)) return true;
    const caller = handlerRequestOf(context)[PRINCIPAL];
    if (!caller) return throwWithHeaders(new NotAuthenticatedError(), context, this.adapterHost);
    // A recent sign-in was required to create the key, and JwtGuard has compared its scopes.
    if (caller.apiKeyId !== null) return true;
    const { hasSecondFactors, reauthenticationTtl } = findProvider(this.modules, Authenticator);
    const isOneEnough = stated.whereThereAreTwo && !hasSecondFactors;
    const requirement = {
      factors: isOneEnough ? 1 : (stated.factors ?? 1),
      within: stated.within ?? reauthenticationTtl,
    } as const;
    if (isMet(requirement, caller)) return true;
    return throwWithHeaders(new ReauthenticationRequiredError(requirement), context, this.adapterHost);
  }
}

/** Returns whether the body, which is not yet validated, has one of these fields. */
function hasAny(fields: readonly string[], context: ExecutionContext): boolean {
  const { body } = context.switchToHttp().getRequest<{ body?: unknown }>();
  return typeof body === 'object' && body !== null && fields.some((field) => field in body);
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

/**
 * Restricts a route of an `@AstraController()` to users who signed in recently, or who send their `current_password`. The
 * handler has to verify that password, as `Reauthentication` does.
 */
export const RecentSignInOrPassword = () => stateRequirement({ orPassword: true });

/**
 * Restricts a route of an `@AstraController()` to users who used a second factor recently; while second factors are off, to
 * users who signed in recently.
 */
export const RecentSecondFactor = () => stateRequirement({ factors: 2, whereThereAreTwo: true });

/** Restricts requests to an `@AstraController()` with one of these fields in the body to users who signed in recently. */
export const RecentSignInFor = (...fields: [string, ...string[]]) => stateRequirement({ fields });

/** States a requirement whose guard `@AstraController()` adds. */
const stateRequirement = (requirement: StatedRequirement) =>
  SetMetadata(SIGN_IN_REQUIREMENT, requirement) as MethodDecorator;
