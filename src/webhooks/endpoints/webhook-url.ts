import { addressIn, isPublicAddress, isWithin } from '../../outbound/inner-networks.js';
import type { WebhookSettings } from '../../settings/webhooks/webhook-settings.js';

/** Reason why a URL cannot be that of an endpoint. */
export interface UrlRefusal {
  /** For programs; also the `last_error` of deliveries if the settings have changed since. */
  code: 'url_parsing' | 'url_not_public' | 'url_scheme' | 'url_port';
  /** For people. */
  msg: string;
}

/**
 * Checks a URL of an endpoint, as far as that is possible without connecting: the addresses of a name are checked at each
 * connection, because they can change.
 *
 * @returns `null` if it is allowed.
 */
export function refusalOf(text: string, { allowed, allowHttp, ports }: WebhookSettings): UrlRefusal | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    return { code: 'url_parsing', msg: 'The URL must be absolute, with https, and without a username.' };
  const address = addressIn(url);
  if (address !== null && !isPublicAddress(address) && !isWithin(allowed, address))
    return { code: 'url_not_public', msg: 'The URL must not lead into an inner network.' };
  if (url.protocol === 'http:' && !allowHttp)
    return { code: 'url_scheme', msg: 'The URL must begin with https://.' };
  const port = Number(url.port || (url.protocol === 'http:' ? 80 : 443));
  if (!ports.has(port))
    return { code: 'url_port', msg: `The port must be one of: ${[...ports].join(', ')}.` };
  return null;
}

/** Returns the host of a URL, for texts that must not contain what its path may hold: a secret of the other system. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? '';
}
