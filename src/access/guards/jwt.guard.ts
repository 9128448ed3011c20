import { type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import { AuthGuard, type AuthGuardAuthenticateOptions } from '@nestjs/passport';
import { findOptional, findProvider } from '../../http/nest/find-provider.js';
import { toProblem } from '../../http/problem/to-problem.js';
import { ruleOf } from './access-rule.js';
import { setHeaders } from '../../http/nest/set-headers.js';
import { clientOf } from '../../http/request/client.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import {
  AmbiguousCredentialsError,
  ApiKeyNotAcceptedError,
  InsufficientScopeError,
  InvalidTokenError,
  NotAuthenticatedError,
} from '../access.errors.js';
import { ApiKeyAuthenticator } from '../api-key-authenticator.js';
import { Authenticator } from '../authenticator.js';
import { apiKeyHeaderOf, type HandlerRequest, handlerRequestOf, tokenOf } from './handler-request.js';
import { JWT_STRATEGY } from './jwt.strategy.js';
import { PRINCIPAL, type TokenHolder } from '../principal.js';
import { recordRefusal } from './record-refusal.js';
import { throwWithHeaders } from './throw-with-headers.js';

/** Metadata key of the scopes that `@Scopes()` names. */
export const SCOPES = 'astra:scopes';

/** Request counted against the limit of its API key, also if several resolvers of it are guarded. */
const COUNTED = Symbol('astra:counted-key');

/**
 * Admits requests with a valid access token; with an API key where `@Scopes()` accepts it; without either where
 * authentication is optional; and all on routes with `@Public()`.
 *
 * @throws {NotAuthenticatedError} if no token was sent.
 * @throws {ApiKeyNotAcceptedError} if the handler accepts no API keys.
 * @throws {InsufficientScopeError} if the API key lacks a scope.
 * @throws {AmbiguousCredentialsError} if there are both an access token and an API key.
 * @throws {InvalidTokenError} if the token, its session or its user is no longer valid.
 * @throws {UnavailableError} if the token cannot be verified at the moment.
 */
@Injectable()
export class JwtGuard extends AuthGuard(JWT_STRATEGY) {
  private authenticator?: Authenticator;
  /** Is `null` if API keys are off, or if the application only verifies access tokens. */
  private apiKeys?: ApiKeyAuthenticator | null;

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
    if (this.apiKeys === undefined) this.apiKeys = findOptional(this.moduleRef, ApiKeyAuthenticator);
    if (this.apiKeys) {
      const apiKey = apiKeyHeaderOf(caller);
      if (apiKey !== undefined || (token && this.apiKeys.claims(token)))
        return this.admitKey(this.apiKeys, { token, apiKey }, caller, context);
    }
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

  /**
   * Admits a caller with an API key, if the handler accepts it. All refusals come after the request was counted, so that none is
   * free.
   */
  private async admitKey(
    apiKeys: ApiKeyAuthenticator,
    { token, apiKey }: { token: string | null; apiKey: string | undefined },
    caller: HandlerRequest & { [COUNTED]?: Promise<Record<string, string>> },
    context: ExecutionContext,
  ): Promise<true> {
    const isMessage = context.getType() === 'ws';
    try {
      if (token && apiKey !== undefined) throw new AmbiguousCredentialsError();
      const holder = await apiKeys.authenticate(token ?? apiKey ?? '');
      // The log names the key of a refused request as well.
      caller[PRINCIPAL] = holder;
      if (isMessage) await apiKeys.use(holder, null);
      else {
        const counted = (caller[COUNTED] ??= apiKeys.use(holder, clientOf(caller as AnyRequest)));
        const headers = await counted;
        if (context.getType() === 'http')
          setHeaders(context.switchToHttp().getResponse(), headers, this.adapterHost);
      }
      this.assertScopes(holder, context);
      return true;
    } catch (error) {
      if (error instanceof InvalidTokenError) caller[PRINCIPAL] = undefined;
      return this.refuse(error as Error, context);
    }
  }

  /** Compares the scopes of an API key with those that the handler names. */
  private assertScopes(holder: TokenHolder, context: ExecutionContext): void {
    const targets = [context.getHandler(), context.getClass()];
    const needed = this.reflector.getAllAndOverride<string[] | undefined>(SCOPES, targets);
    if (needed?.every((scope) => holder.scopes?.includes(scope))) return;
    recordRefusal(this.moduleRef, holder, needed ?? [], context);
    throw needed ? new InsufficientScopeError(needed) : new ApiKeyNotAcceptedError();
  }

  /** Rejects a request with the header fields of its problem. Unexpected errors are passed on unchanged. */
  private refuse(error: Error, context: ExecutionContext): never {
    const problem = toProblem(error);
    if (!problem) throw error;
    return throwWithHeaders(problem, context, this.adapterHost);
  }
}
