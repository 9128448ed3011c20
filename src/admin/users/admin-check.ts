import { Injectable } from '@nestjs/common';
import { InsufficientRoleError } from '../../access/access.errors.js';
import { Role } from '../../settings/role.js';
import { RefusalRecorder } from '../../audit/refusals/refusal-recorder.js';
import type { Operator } from './operator.js';

/** Rejects moderators where a route is open to them only in part. Where it is closed to them, `@Roles()` does. */
@Injectable()
export class AdminCheck {
  constructor(private readonly refusals: RefusalRecorder) {}

  /**
   * Rejects and records operators who are not admins.
   *
   * @param operation - Name for the audit trail, such as `ListUsersController.list`.
   * @throws {InsufficientRoleError} unless the operator is an admin.
   */
  assertAdmin({ principal, client }: Operator, operation: string): void {
    if (principal.role === Role.Admin) return;
    const roles = [Role.Admin];
    this.refusals.forbidden(principal, operation, roles, client);
    throw new InsufficientRoleError(roles);
  }
}
