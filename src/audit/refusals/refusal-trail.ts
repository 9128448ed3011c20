import type { AuditClient } from '../new-audit-event.js';

/** Where guards record whom they refused. A service that only verifies tokens has none, and loads none. */
export abstract class RefusalTrail {
  /**
   * A signed-in user lacks a role, or a permission.
   *
   * @param operation - What was refused, such as `RoleDemoController.adminDashboard`: not of the client's choosing.
   */
  abstract forbidden(
    who: { userId: string; role: string },
    operation: string,
    needed: readonly string[],
    client: AuditClient | null,
  ): void;

  /**
   * A signed-in user sent what the route does not take, and what would be a privilege.
   *
   * @param fields - Names of a list of ours, not of the client's choosing.
   */
  abstract extraneous(who: { userId: string }, fields: readonly string[], client: AuditClient): void;
}
