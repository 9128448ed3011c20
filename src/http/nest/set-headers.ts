import type { HttpAdapterHost } from '@nestjs/core';

/** Sets headers of a response, on Fastify and on Express. */
export function setHeaders(
  response: object,
  headers: Readonly<Record<string, string>>,
  { httpAdapter }: HttpAdapterHost,
): void {
  for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
}
