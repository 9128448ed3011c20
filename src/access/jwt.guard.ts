import { type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import { AuthGuard, type AuthGuardAuthenticateOptions } from '@nestjs/passport';
import { toProblem } from '../problem/to-problem.js';
import { NotAuthenticatedError } from './access.errors.js';
import { Authenticator } from './authenticator.js';
import { type BearerRequest, bearerToken, JWT_STRATEGY } from './jwt.strategy.js';
import { type AuthenticatedRequest, PRINCIPAL } from './principal.js';
import { IS_PUBLIC } from './public.decorator.js';
import { refuse } from './refuse.js';

/**
 * Lets in who sends a live access token, and anyone where the route is `@Public()`.
 *
 * @throws {NotAuthenticatedError} if no token was sent.
 * @throws {InvalidTokenError} if the token, its session or its user is not valid any more.
 * @throws {UnavailableError} if that cannot be found out at the moment.
 */
@Injectable()
export class JwtGuard extends AuthGuard(JWT_STRATEGY) {
  private authenticator?: Authenticator;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    super();
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isPublic) return true;
    const request = this.getRequest(context) as AuthenticatedRequest & BearerRequest;
    // Bound to the controller and to the route, it is asked twice.
    if (request[PRINCIPAL]) return true;

    // Passport takes a third of the CPU of a request, so it is for tokens that are not known yet.
    this.authenticator ??= this.moduleRef.get(Authenticator, { strict: false });
    const token = bearerToken(request);
    const known = token ? this.authenticator.recall(token) : undefined;
    if (!known) return super.canActivate(context) as Promise<boolean>;
    request[PRINCIPAL] = known;
    return true;
  }

  /** All of them: what is left out would come from `PassportModule.register()`, by which a host sets up its own guards. */
  override getAuthenticateOptions(): AuthGuardAuthenticateOptions {
    return { authenticator: this.authenticator, property: PRINCIPAL, session: false };
  }

  override handleRequest<T>(error: Error | null, principal: T, _info: unknown, context: ExecutionContext): T {
    if (principal && !error) return principal;
    const refusal = error ?? new NotAuthenticatedError();
    const problem = toProblem(refusal);
    if (!problem) throw refusal;
    return refuse(problem, context, this.adapterHost);
  }
}
