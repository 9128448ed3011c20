import { Problem } from '../../problem/problem.js';

/** The token from a mail is unknown, expired, used or replaced, or dead with what it was for; which is not told. */
export class InvalidMailTokenError extends Problem {
  constructor() {
    super(400, 'invalid-token', 'This link is invalid, has expired or was already used');
  }
}
