import type { ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Problem } from '../../http/problem/problem.js';

/**
 * Refuses a request, from a guard. On a route of the host its own filter writes the answer and knows nothing of the
 * header fields that belong to it (`WWW-Authenticate`: RFC 9110, 11.6.1; `Retry-After`), so they are set here.
 */
export function throwWithHeaders(
  problem: Problem,
  context: ExecutionContext,
  { httpAdapter }: HttpAdapterHost,
): never {
  if (context.getType() === 'http') {
    const response = context.switchToHttp().getResponse<object>();
    for (const [name, value] of Object.entries(problem.headers)) httpAdapter.setHeader(response, name, value);
  }
  throw problem;
}
