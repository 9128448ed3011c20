import type { ExecutionContext } from '@nestjs/common';
import { NotAuthenticatedError } from '../access.errors.js';
import { type BearerRequest, bearerToken } from './jwt.strategy.js';
import type { AuthenticatedRequest } from '../principal.js';

/** Key under which a WebSocket connection stores the access token that it was signed in with. */
export const ACCESS_TOKEN = Symbol('astra:access-token');

/** Caller of a handler: a request or, in a gateway, a WebSocket connection. */
export type HandlerRequest = AuthenticatedRequest & Partial<BearerRequest> & { [ACCESS_TOKEN]?: string };

/**
 * Returns the caller of a handler of a controller, a GraphQL resolver or a gateway.
 *
 * @throws {NotAuthenticatedError} for any other kind of handler, because nobody can be signed in there.
 */
export function handlerRequestOf(context: ExecutionContext): HandlerRequest {
  switch (context.getType<string>()) {
    case 'ws':
      return context.switchToWs().getClient<HandlerRequest>();
    case 'graphql': {
      // A resolver is called with parent, arguments, context and info; a resolver of federated references without
      // arguments.
      const { req } = context.getArgByIndex<{ req?: HandlerRequest }>(context.getArgs().length === 3 ? 1 : 2);
      return req ?? {};
    }
    case 'http':
      return context.switchToHttp().getRequest<HandlerRequest>();
    default:
      // A microservice handler is called with a message, which does not authenticate its sender.
      throw new NotAuthenticatedError();
  }
}

/** Returns the access token that a caller sent; `null` if there is none. */
export function tokenOf(caller: HandlerRequest): string | null {
  const { headers, [ACCESS_TOKEN]: token } = caller;
  return token ?? (headers ? bearerToken({ headers }) : null);
}

/** Value of the header `X-API-Key` of a caller; `undefined` if there is none. A connection has only its handshake's token. */
export function apiKeyHeaderOf({ headers }: HandlerRequest): string | undefined {
  const sent = headers?.['x-api-key'];
  // Node joins repeated fields, which then are no valid key.
  return Array.isArray(sent) ? sent.join() : sent;
}
