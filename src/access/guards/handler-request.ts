import type { ExecutionContext } from '@nestjs/common';
import { NotAuthenticatedError } from '../access.errors.js';
import { type BearerRequest, bearerToken } from './jwt.strategy.js';
import type { AuthenticatedRequest } from '../principal.js';

/** Under which a WebSocket connection keeps the access token that it was signed in with. */
export const ACCESS_TOKEN = Symbol('astra:access-token');

/** Whoever calls a handler: a request or, in a gateway, a WebSocket connection. */
export type HandlerRequest = AuthenticatedRequest & Partial<BearerRequest> & { [ACCESS_TOKEN]?: string };

/**
 * Finds the caller of a handler, whether of a controller, a GraphQL resolver or a gateway.
 *
 * @throws {NotAuthenticatedError} for any other handler: nobody is signed in there.
 */
export function handlerRequestOf(context: ExecutionContext): HandlerRequest {
  switch (context.getType<string>()) {
    case 'ws':
      return context.switchToWs().getClient<HandlerRequest>();
    case 'graphql': {
      // A resolver gets parent, arguments, context and info; one for a reference of another service no arguments.
      const { req } = context.getArgByIndex<{ req?: HandlerRequest }>(context.getArgs().length === 3 ? 1 : 2);
      return req ?? {};
    }
    case 'http':
      return context.switchToHttp().getRequest<HandlerRequest>();
    default:
      // A handler of a microservice is called with what the sender wrote, which says nothing of who that is.
      throw new NotAuthenticatedError();
  }
}

/** Finds the access token that a caller has sent; `null` if there is none. */
export function tokenOf(caller: HandlerRequest): string | null {
  const { headers, [ACCESS_TOKEN]: token } = caller;
  return token ?? (headers ? bearerToken({ headers }) : null);
}
