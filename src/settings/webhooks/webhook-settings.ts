import { isNetwork, networkList, type Networks } from '../../outbound/inner-networks.js';

/** Networks and ports to which webhooks may be sent. */
export interface WebhookOptions {
  /**
   * Networks inside which endpoints may be although they are not public: IP addresses and CIDR ranges. Any admin can
   * then send requests there. Default none.
   */
  allow?: readonly string[];
  /** Ports in addition to 443 and 8443. Default none. */
  ports?: readonly number[];
  /** Whether endpoints may use plain HTTP, for development: everyone on the way can read the events. Default `false`. */
  allowHttp?: boolean;
}

/** Validated option `webhooks`, with defaults. It has no effect where `features.webhooks` is `false`. */
export interface WebhookSettings {
  /** Networks inside which endpoints may be although they are not public. */
  readonly allowed: Networks;
  readonly ports: ReadonlySet<number>;
  readonly allowHttp: boolean;
}

/** Ports of https that need no setting. */
const PORTS = [443, 8443];

/**
 * Validates the option `webhooks`.
 *
 * @throws {RangeError} with the name of an invalid option and its valid values.
 */
export function webhookSettings({
  allow = [],
  ports = [],
  allowHttp = false,
}: WebhookOptions = {}): WebhookSettings {
  if (!Array.isArray(allow) || !allow.every((one) => typeof one === 'string' && isNetwork(one)))
    throw new RangeError('webhooks.allow must be IP addresses or CIDR ranges, such as 10.1.0.0/16');
  if (!Array.isArray(ports) || !ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536))
    throw new RangeError('webhooks.ports must be whole numbers from 1 to 65535');
  if (typeof allowHttp !== 'boolean') throw new RangeError('webhooks.allowHttp must be true or false');
  return {
    allowed: networkList(allow),
    ports: new Set<number>([...PORTS, ...(ports as number[])]),
    allowHttp,
  };
}
