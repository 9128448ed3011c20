import { Problem } from '../../problem/problem.js';

/** The username or the password is wrong; the caller is not told which. */
export class InvalidCredentialsError extends Problem {
  constructor() {
    super(401, 'invalid-credentials', 'Incorrect username or password');
  }
}
