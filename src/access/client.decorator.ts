import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** From where a request came. */
export interface Client {
  /** As the HTTP server sees it, behind the proxies that it trusts; `null` if it does not know. */
  readonly ip: string | null;
  /** As sent, cut to 400 characters; `null` if none was. */
  readonly userAgent: string | null;
}

interface ClientRequest {
  ip?: string;
  headers: { 'user-agent'?: string };
}

/** Injects the {@link Client} that sent the request into a handler's parameter. */
export const FromClient = createParamDecorator((_: unknown, context: ExecutionContext): Client => {
  const { ip, headers } = context.switchToHttp().getRequest<ClientRequest>();
  return {
    // A socket that listens on IPv6 shows IPv4 clients as ::ffff:192.0.2.1.
    ip: ip?.replace(/^::ffff:(?=\d+\.)/i, '') ?? null,
    userAgent: headers['user-agent']?.slice(0, 400) ?? null,
  };
});
