import { Problem } from '../../http/problem/problem.js';

/** The password is correct, but the account is deactivated. */
export class InactiveUserError extends Problem {
  constructor() {
    super(403, 'inactive-user', 'User account is inactive');
  }
}
