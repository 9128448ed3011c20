import { shortenedNetwork } from '../../http/request/ip-network.js';
import type { Client } from '../../access/client.decorator.js';
import { deviceName } from '../sessions/device-name.js';

/**
 * Describes the device and network of a registration, such as "Firefox on Linux, 203.0.113.0/24". It names the network
 * rather than the IP address, because the recipient of the message may not be the person who registered.
 */
export function registrationOrigin({ ip, userAgent }: Pick<Client, 'ip' | 'userAgent'>): string {
  return [deviceName(userAgent).slice(0, 100), ...(ip ? [shortenedNetwork(ip)] : [])].join(', ');
}
