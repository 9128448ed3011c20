import { Problem } from '../../http/problem/problem.js';

/** The username or the password is wrong; the error does not reveal which. */
export class InvalidCredentialsError extends Problem {
  constructor() {
    super(401, 'invalid-credentials', 'Incorrect username or password');
  }
}
