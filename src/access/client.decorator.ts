import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Client, clientOf } from '../http/request/client.js';
import type { AnyRequest } from '../http/request/request-id.js';

export type { Client } from '../http/request/client.js';

/** Injects the {@link Client} that sent the request into a handler's parameter. */
export const FromClient = createParamDecorator((_: unknown, context: ExecutionContext): Client =>
  clientOf(context.switchToHttp().getRequest<AnyRequest>()),
);
