import { Injectable } from '@nestjs/common';
import { InvalidInputError } from '../http/problem/problem.js';
import { AuthSettings } from '../settings/auth-settings.js';

/** The roles that there are here: a DTO cannot know them, since a host may have some of its own. */
@Injectable()
export class KnownRoles {
  constructor(private readonly settings: AuthSettings) {}

  /**
   * @param loc - Where it stood in the request, for the answer.
   * @throws {InvalidInputError} naming the roles that there are.
   */
  assertKnown(role: string | undefined, loc: [string, string]): void {
    const known: string[] = [...this.settings.roles.keys()];
    if (role === undefined || known.includes(role)) return;
    throw new InvalidInputError([
      { loc, code: 'enum', msg: `The role must be one of: ${known.join(', ')}.` },
    ]);
  }
}
