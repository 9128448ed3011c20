import { Problem } from '../../http/problem/problem.js';

/**
 * The code is wrong, was used before, or belongs to another account. The error does not reveal which, so that a stolen code
 * cannot be recognized as one.
 */
export class InvalidProofError extends Problem {
  constructor() {
    super(401, 'invalid-proof', 'Incorrect code');
  }
}

/** The user already has a factor of this type. */
export class FactorExistsError extends Problem {
  constructor() {
    super(409, 'factor-exists', 'You already have an authenticator app. Remove it first.');
  }
}

/** The user has no second factor, so recovery codes would have no use. */
export class NoFactorError extends Problem {
  constructor() {
    super(409, 'no-factor', 'You have no second factor yet. Add one first.');
  }
}

/**
 * The role of the user requires a second factor, and this is the last one. Without this error, the user could only sign in
 * again after adding another.
 */
export class FactorRequiredByRoleError extends Problem {
  constructor() {
    super(409, 'factor-required-by-role', 'Your role requires a second factor, and this is your last one.');
  }
}
