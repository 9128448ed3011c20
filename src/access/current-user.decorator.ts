import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { NotAuthenticatedError } from './access.errors.js';
import { handlerRequestOf } from './guards/handler-request.js';
import { type Principal, PRINCIPAL } from './principal.js';

/**
 * Injects the {@link Principal} of the signed-in user into a handler's parameter; `null` if there is none, where
 * {@link Authenticated} is optional.
 *
 * @throws {NotAuthenticatedError} if the route has none of Astra's guards.
 */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): Principal | null => {
  const principal = handlerRequestOf(context)[PRINCIPAL];
  if (principal === undefined) throw new NotAuthenticatedError();
  return principal as Principal | null;
});
