import type { TlsOptions } from '../../schema/data-source-options.js';

/** How a connection to Postgres may be encrypted, in the words of libpq. */
export const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

/**
 * What the driver needs for a mode.
 *
 * @param ca - Certificates in PEM that are trusted; default those that Node trusts.
 */
export function postgresTls(mode: (typeof sslModes)[number], ca?: string): { ssl?: TlsOptions } {
  if (mode === 'disable') return {};
  if (mode === 'require') return { ssl: { rejectUnauthorized: false } };
  return { ssl: { ca, ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }) } };
}
