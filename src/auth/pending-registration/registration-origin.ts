import { networkOf } from '../../audit/retention/address.js';
import type { Client } from '../../access/client.decorator.js';
import { deviceName } from '../sessions/device-name.js';

/**
 * Says from where an account was registered, such as "Firefox on Linux, 203.0.113.0/24". Whoever reads mail at its
 * address may be somebody else, so it is the network, and not the IP address.
 */
export function registrationOrigin({ ip, userAgent }: Pick<Client, 'ip' | 'userAgent'>): string {
  return [deviceName(userAgent).slice(0, 100), ...(ip ? [networkOf(ip)] : [])].join(', ');
}
