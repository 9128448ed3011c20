import { Problem } from '../../http/problem/problem.js';

/** The user has as many API keys as possible. */
export class TooManyApiKeysError extends Problem {
  /** @param max - Number of unexpired API keys that a user can have. */
  constructor(max: number) {
    super(409, 'too-many-api-keys', `You can have at most ${max} API keys`);
  }
}
