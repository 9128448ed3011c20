import type { ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Problem } from '../../http/problem/problem.js';

/**
 * Rejects a request from a guard. On a host's route, the host's own filter writes the response and does not know the
 * headers of the problem (`WWW-Authenticate`: RFC 9110, 11.6.1; `Retry-After`), so they are set here.
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
