import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { NotAuthenticatedError } from './access.errors.js';
import { type AuthenticatedRequest, type Principal, PRINCIPAL } from './principal.js';

/**
 * Injects the {@link Principal} of the signed-in user into a handler's parameter.
 *
 * @throws {NotAuthenticatedError} on a route that no guard of ours let anyone into.
 */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = context.switchToHttp().getRequest<AuthenticatedRequest>()[PRINCIPAL];
  if (!principal) throw new NotAuthenticatedError();
  return principal as Principal;
});
