import type { AuthSettings } from '../../settings/auth-settings.js';

/**
 * Returns statements that give the service's database role its rights on the audit trail, to be run by the owner of the
 * tables: append, read, and read the retention periods. It can delete and shorten events only with the functions that
 * check their age.
 *
 * @param role - Quoted as an SQL identifier.
 */
export function auditRights(role: string): string[] {
  return [
    `REVOKE ALL ON auth_audit_events, auth_audit_chains, auth_installation FROM ${role}`,
    `GRANT SELECT ON auth_installation TO ${role}`,
    `GRANT SELECT, INSERT ON auth_audit_events TO ${role}`,
    // Only the functions set the start of a chain.
    `GRANT SELECT, INSERT (id, hash, purged_hash, mac), UPDATE (seq, hash, mac, touched_at) ON auth_audit_chains TO ${role}`,
    `GRANT EXECUTE ON FUNCTION auth_audit_purge, auth_audit_shorten_addresses TO ${role}`,
  ];
}

/**
 * Returns a statement that sets the minimum retention in the database, to be run by the owner of the tables. A service
 * with other settings cannot delete events sooner. Before it is run, events are kept for at least 30 days, and IP
 * addresses for one.
 */
export function keepAudit({
  auditRetentionDays,
  auditAddressDays,
}: Pick<AuthSettings, 'auditRetentionDays' | 'auditAddressDays'>): string {
  // One day less, for services that still use their own clock.
  return `UPDATE auth_installation
             SET audit_retention_days = ${auditRetentionDays - 1}, audit_address_days = ${auditAddressDays - 1}`;
}
