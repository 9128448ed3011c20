import type { AuthSettings } from '../../settings/auth-settings.js';

/**
 * What the role that the service runs as may do with the trail, to be run by the owner of its tables: add to it and
 * read it, and read for how long it is kept. What is old it can delete and shorten only by the functions that look at how
 * old it is.
 *
 * @param role - Quoted as SQL needs it.
 */
export function auditRights(role: string): string[] {
  return [
    `REVOKE ALL ON auth_audit_events, auth_audit_chains, auth_installation FROM ${role}`,
    `GRANT SELECT ON auth_installation TO ${role}`,
    `GRANT SELECT, INSERT ON auth_audit_events TO ${role}`,
    // Where a chain begins is for the functions to say.
    `GRANT SELECT, INSERT (id, hash, purged_hash, mac), UPDATE (seq, hash, mac, touched_at) ON auth_audit_chains TO ${role}`,
    `GRANT EXECUTE ON FUNCTION auth_audit_purge, auth_audit_shorten_addresses TO ${role}`,
  ];
}

/**
 * Has the database keep the trail for so long, whoever asks: to be run by the owner of the tables. A service with other
 * settings cannot forget anything sooner. Until it is run, events are kept for 30 days at least, and addresses for one.
 */
export function keepAudit({
  auditRetentionDays,
  auditAddressDays,
}: Pick<AuthSettings, 'auditRetentionDays' | 'auditAddressDays'>): string {
  // A day less, for services that still judge by their own clock.
  return `UPDATE auth_installation
             SET audit_retention_days = ${auditRetentionDays - 1}, audit_address_days = ${auditAddressDays - 1}`;
}
