import type { AuditClient } from '../new-audit-event.js';

/** Records refusals on behalf of guards. A verifier provides none and does not load the audit trail. */
export abstract class RefusalTrail {
  /**
   * Records that a signed-in user lacks a role or a permission, or an API key a scope.
   *
   * @param operation - Name of the handler, such as `RoleDemoController.adminDashboard`; never text from the client.
   */
  abstract forbidden(
    who: { userId: string; role: string; apiKeyId: string | null },
    operation: string,
    needed: readonly string[],
    client: AuditClient | null,
  ): void;

  /**
   * Records that a signed-in user sent privileged fields to a route that does not accept them.
   *
   * @param fields - Names from a fixed list; never text from the client.
   */
  abstract extraneous(who: { userId: string }, fields: readonly string[], client: AuditClient): void;
}
