import { isNetwork } from '../../outbound/inner-networks.js';
import { integer, list, onOff, type Parser } from './parsers.js';
import type { Setting } from './setting.js';

/** Settings of webhooks. Without `WEBHOOKS=on`, the others have no effect. */
export const webhookSettings = {
  WEBHOOKS: {
    is: onOff(),
    default: 'off',
    means: 'Webhooks: events of accounts, sent to URLs that admins name at /admin/webhooks.',
  },
  WEBHOOK_ALLOW: {
    is: innerNetworks(),
    unset: 'none: only public IP addresses',
    means: 'Inner networks that webhooks may be sent to. Any admin can then send requests there.',
  },
  WEBHOOK_PORTS: {
    is: ports(),
    unset: '443 and 8443 only',
    means: 'Further ports that webhooks may be sent to.',
  },
} as const satisfies Record<string, Setting>;

/** IP addresses and CIDR ranges of any size, separated by commas. */
function innerNetworks(): Parser<readonly string[]> {
  return list('IP addresses or CIDR ranges such as 10.0.0.0/8, separated by commas', isNetwork);
}

/** Port numbers, separated by commas. */
function ports(): Parser<readonly number[]> {
  const port = integer(1, 65_535);
  const texts = list('ports from 1 to 65535, separated by commas', (item) => port.parse(item) !== undefined);
  return { ...texts, parse: (text) => texts.parse(text)?.map(Number) };
}
