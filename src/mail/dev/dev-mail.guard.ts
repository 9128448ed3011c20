import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { isLoopback, isThisMachine, parseIpAddress } from '../../http/request/ip-address.js';
import { Problem } from '../../http/problem/problem.js';
import { AuthSettings } from '../../settings/auth-settings.js';

/** Parts of a request that the guard checks. */
interface MailboxRequest {
  headers: Record<string, string | string[] | undefined>;
  socket: { remoteAddress?: string };
}

/**
 * Restricts the development mailbox, whose links open every account, to people at this machine.
 *
 * The connection and all forwarded addresses must be local, so a proxy on this machine makes no client local. The host
 * name must be that of this machine or of `PUBLIC_URL`: otherwise a stranger's page whose host name resolves to this
 * machine (DNS rebinding) could read it.
 *
 * @throws {Problem} 403 for all other clients.
 */
@Injectable()
export class DevMailGuard implements CanActivate {
  constructor(private readonly settings: AuthSettings) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers, socket } = context.switchToHttp().getRequest<MailboxRequest>();
    const { publicUrl } = this.settings;
    const host = URL.parse(`http://${String(headers.host)}`)?.hostname;
    const isKnownHost = host !== undefined && (isThisMachine(host) || host === new URL(publicUrl).hostname);
    const addresses = [socket.remoteAddress, ...forwardedFor(headers)];
    if (isKnownHost && addresses.every((address) => isLoopback(parseIpAddress(address)))) return true;
    throw new Problem(
      403,
      'refused',
      'The development mailbox is only available on the machine of the service, at http://localhost.',
    );
  }
}

/** Returns the client addresses stated by proxies, trusted or not. */
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
