import { Problem } from '../../http/problem/problem.js';

/**
 * The token from a message is unknown, expired, used, replaced or revoked; the error does not reveal which.
 */
export class InvalidMailTokenError extends Problem {
  constructor() {
    super(400, 'invalid-token', 'This link is invalid, has expired or was already used');
  }
}
