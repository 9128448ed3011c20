/**
 * What the role that the service runs as may do with the trail, to be run by the owner of its tables: add to it and
 * read it. What is old it can delete and shorten only by the functions that look at how old it is.
 *
 * @param role - Quoted as SQL needs it.
 */
export function auditRights(role: string): string[] {
  return [
    `REVOKE ALL ON auth_audit_events, auth_audit_chains FROM ${role}`,
    `GRANT SELECT, INSERT ON auth_audit_events TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE ON auth_audit_chains TO ${role}`,
    `GRANT EXECUTE ON FUNCTION auth_audit_purge, auth_audit_shorten_addresses TO ${role}`,
  ];
}
