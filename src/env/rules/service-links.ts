/** Value for a port of a Service, such as `tcp://10.96.0.12:5432` or `tcp://[fd00::12]:5432`. */
const LINK = /^(tcp|udp|sctp):\/\/(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]):\d{1,5}$/i;

/** Names that only Kubernetes uses, for a Service of any name. */
const NAMES = /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

/**
 * Returns whether Kubernetes set a variable, as it does in each container for each Service of its namespace. A Service
 * may be called `postgres` or `metrics`, and then one of its variables has the name of a setting.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
export function isServiceLink(name: string, value: string | undefined): boolean {
  return value !== undefined && (NAMES.test(name) || (name.endsWith('_PORT') && LINK.test(value)));
}

/** Returns a line for the log about service links that have the name of a setting; empty if there are none. */
export function serviceLinkNotice(names: readonly string[]): string[] {
  return names.length === 0
    ? []
    : [
        `Ignored Kubernetes service links that are named like a setting: ${names.join(', ')}. ` +
          'Set the setting to have its own value, or enableServiceLinks to false in the pod.',
      ];
}
