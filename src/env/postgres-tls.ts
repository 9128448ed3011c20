import type { TlsOptions } from '../schema/data-source-options.js';

/** TLS modes of Postgres connections, with the names of libpq. */
export const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

/**
 * Returns the TLS options of the driver for a mode.
 *
 * @param ca - Trusted certificates in PEM. Default: those that Node.js trusts.
 */
export function postgresTls(mode: (typeof sslModes)[number], ca?: string): { ssl?: TlsOptions } {
  if (mode === 'disable') return {};
  if (mode === 'require') return { ssl: { rejectUnauthorized: false } };
  return { ssl: { ca, ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }) } };
}
