import { Injectable } from '@nestjs/common';
import { InvalidInputError } from '../../http/problem/problem.js';
import { AuthSettings } from '../../settings/auth-settings.js';

/** Checks roles in requests. A DTO cannot do it, because a host may define roles of its own. */
@Injectable()
export class KnownRoles {
  constructor(private readonly settings: AuthSettings) {}

  /**
   * Checks that a role exists; `undefined` is accepted.
   *
   * @param loc - Location of the role in the request, for the error.
   * @throws {InvalidInputError} with the names of all roles.
   */
  assertKnown(role: string | undefined, loc: [string, string]): void {
    const known: string[] = [...this.settings.roles.keys()];
    if (role === undefined || known.includes(role)) return;
    throw new InvalidInputError([
      { loc, code: 'enum', msg: `The role must be one of: ${known.join(', ')}.` },
    ]);
  }
}
