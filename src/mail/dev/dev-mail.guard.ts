import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { isLoopback, isThisMachine, parseIpAddress } from '../../http/request/ip-address.js';
import { Problem } from '../../http/problem/problem.js';
import { AuthSettings } from '../../settings/auth-settings.js';

/** What is looked at of a request. */
interface MailboxRequest {
  headers: Record<string, string | string[] | undefined>;
  socket: { remoteAddress?: string };
}

/**
 * Keeps the mailbox of development, and the links in it that open every account, for the people at this machine.
 *
 * The connection must come from this machine, for whomever it is forwarded; so a proxy here makes nobody local. And the
 * name that the browser knows the service by must be this machine's or that of `PUBLIC_URL`: a page of a stranger
 * whose name leads here (DNS rebinding) would read it otherwise.
 *
 * @throws {Problem} 403 to everybody else.
 */
@Injectable()
export class DevMailGuard implements CanActivate {
  constructor(private readonly modules: ModuleRef) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers, socket } = context.switchToHttp().getRequest<MailboxRequest>();
    const { publicUrl } = this.modules.get(AuthSettings, { strict: false });
    const host = URL.parse(`http://${String(headers.host)}`)?.hostname;
    const isKnownHost = host !== undefined && (isThisMachine(host) || host === new URL(publicUrl).hostname);
    const addresses = [socket.remoteAddress, ...forwardedFor(headers)];
    if (isKnownHost && addresses.every((address) => isLoopback(parseIpAddress(address)))) return true;
    throw new Problem(
      403,
      'refused',
      'The mailbox of development opens only on the machine that the service runs on, at http://localhost.',
    );
  }
}

/** For whom proxies say that they ask, trusted ones or not. */
function forwardedFor(headers: MailboxRequest['headers']): string[] {
  const { forwarded, ...others } = headers;
  const standard = String(forwarded ?? '').matchAll(/for=("[^"]*"|[^;,]*)/gi);
  return [
    ...(forwarded === undefined ? [] : Array.from(standard, ([, address]) => address)),
    ...['x-forwarded-for', 'x-real-ip'].flatMap((name) => {
      const value = others[name];
      return value === undefined ? [] : String(value).split(',');
    }),
  ];
}
