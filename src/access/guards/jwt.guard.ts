import { type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import { AuthGuard, type AuthGuardAuthenticateOptions } from '@nestjs/passport';
import { findProvider } from '../../http/nest/find-provider.js';
import { toProblem } from '../../http/problem/to-problem.js';
import { ruleOf } from './access-rule.js';
import { NotAuthenticatedError } from '../access.errors.js';
import { Authenticator } from '../authenticator.js';
import { type HandlerRequest, handlerRequestOf, tokenOf } from './handler-request.js';
import { JWT_STRATEGY } from './jwt.strategy.js';
import { PRINCIPAL } from '../principal.js';
import { throwWithHeaders } from './throw-with-headers.js';

/**
 * Admits requests with a valid access token; without one where authentication is optional; and all on routes with
 * `@Public()`.
 *
 * @throws {NotAuthenticatedError} if no token was sent.
 * @throws {InvalidTokenError} if the token, its session or its user is no longer valid.
 * @throws {UnavailableError} if the token cannot be verified at the moment.
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

  /**
   * Finds the principal, and stores it in the request.
   *
   * @returns `true` also on public routes, and without a token on routes where signing in is optional.
   * @throws {NotAuthenticatedError} if the route requires a token, and there is none or it is invalid.
   */
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = ruleOf(context, this.reflector);
    if (rule === 'public') return true;
    const caller = handlerRequestOf(context);
    const isHttp = context.getType() === 'http';
    // Bound to both the controller and the route, the guard runs twice per request. A connection is checked again with
    // each message.
    if (isHttp && caller[PRINCIPAL]) return true;

    // Known tokens skip passport: see the strategy.
    this.authenticator ??= findProvider(this.moduleRef, Authenticator);
    const token = tokenOf(caller);
    const known = token ? this.authenticator.recall(token) : undefined;
    if (known || (!token && rule === 'optional')) {
      caller[PRINCIPAL] = known ?? null;
      return true;
    }
    return isHttp
      ? (super.canActivate(context) as Promise<boolean>)
      : this.admit(this.authenticator, caller, context);
  }

  /**
   * Sets all options: omitted ones would come from `PassportModule.register()`, with which a host configures its own
   * guards.
   */
  override getAuthenticateOptions(): AuthGuardAuthenticateOptions {
    return { authenticator: this.authenticator, property: PRINCIPAL, session: false };
  }

  /** Receives the result of passport, whose own error would be a plain 401 without `WWW-Authenticate`. */
  override handleRequest<T>(error: Error | null, principal: T, _info: unknown, context: ExecutionContext): T {
    return principal && !error ? principal : this.refuse(error ?? new NotAuthenticatedError(), context);
  }

  /** Does for WebSocket and GraphQL callers what passport, which only supports requests, does for HTTP. */
  private async admit(
    authenticator: Authenticator,
    caller: HandlerRequest,
    context: ExecutionContext,
  ): Promise<true> {
    try {
      const token = tokenOf(caller);
      if (!token) throw new NotAuthenticatedError();
      caller[PRINCIPAL] = await authenticator.authenticate(token);
      return true;
    } catch (error) {
      // The connection may have been admitted before.
      caller[PRINCIPAL] = undefined;
      return this.refuse(error as Error, context);
    }
  }

  /** Rejects a request with the header fields of its problem. Unexpected errors are passed on unchanged. */
  private refuse(error: Error, context: ExecutionContext): never {
    const problem = toProblem(error);
    if (!problem) throw error;
    return throwWithHeaders(problem, context, this.adapterHost);
  }
}
