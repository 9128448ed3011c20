import type { ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { setHeaders } from '../../http/nest/set-headers.js';
import type { Problem } from '../../http/problem/problem.js';

/**
 * Rejects a request from a guard. On a host's route, the host's own filter writes the response and does not know the
 * headers of the problem (`WWW-Authenticate`: RFC 9110, 11.6.1; `Retry-After`), so they are set here.
 */
export function throwWithHeaders(
  problem: Problem,
  context: ExecutionContext,
  adapterHost: HttpAdapterHost,
): never {
  if (context.getType() === 'http') {
    setHeaders(context.switchToHttp().getResponse(), problem.headers, adapterHost);
  }
  throw problem;
}
