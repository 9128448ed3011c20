import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { RefusalTrail } from '../../audit/refusals/refusal-trail.js';
import { findProvider } from '../../http/nest/find-provider.js';
import { clientOf } from '../../http/request/client.js';
import { InvalidInputError } from '../../http/problem/problem.js';
import { ProblemFilter } from '../../http/problem/problem.filter.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import { type AuthenticatedRequest, PRINCIPAL } from '../principal.js';

/**
 * Fields that grant privileges, here or in other programs. Sending one to a route that does not accept it is an attempt
 * at mass assignment; any other unknown field is a mistake.
 */
const PRIVILEGES: ReadonlySet<string> = new Set([
  ...[
    'id',
    'user_id',
    'role',
    'roles',
    'permissions',
    'scope',
    'is_admin',
    'is_superuser',
    'is_staff',
    'admin',
  ],
  ...['isAdmin', 'is_active', 'isActive', 'email_verified', 'emailVerified', 'email_verified_at'],
  ...['emailVerifiedAt', 'password_hash', 'passwordHash', 'hashed_password', 'deleted_at', 'deletedAt'],
]);

/** Responds like {@link ProblemFilter}, and records attempts to set privileged fields. */
@Catch()
@Injectable()
export class InputRefusalFilter extends ProblemFilter {
  constructor(
    adapterHost: HttpAdapterHost,
    private readonly moduleRef: ModuleRef,
  ) {
    super(adapterHost);
  }

  /**
   * Records the attempt, and responds as for any other error.
   *
   * @param error - Error of any kind; only invalid input is recorded.
   */
  override catch(error: unknown, host: ArgumentsHost): void {
    if (error instanceof InvalidInputError && host.getType() === 'http')
      this.tell(error, host.switchToHttp().getRequest());
    // oxlint-disable-next-line promise/valid-params -- it is a filter, no promise
    super.catch(error, host);
  }

  /**
   * Records privileged fields of a signed-in user's request. `extra_forbidden` means that the DTO has no such field.
   */
  private tell({ errors = [] }: InvalidInputError, request: AnyRequest & AuthenticatedRequest): void {
    const principal = request[PRINCIPAL];
    // Anonymous requests are unlimited in number, so they only appear in the request log.
    if (!principal) return;
    const fields = errors
      .filter(({ code, loc }) => code === 'extra_forbidden' && PRIVILEGES.has(loc[1]))
      .map(({ loc }) => loc[1]);
    if (fields.length === 0) return;
    findProvider(this.moduleRef, RefusalTrail).extraneous(principal, fields, clientOf(request));
  }
}
