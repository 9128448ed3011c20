import { Problem } from '../../http/problem/problem.js';

/** The account belongs to a person, and only that person can create API keys of it. */
export class NotForPersonsError extends Problem {
  constructor() {
    super(403, 'not-for-persons', 'Nobody else can create an API key for a person');
  }
}

/** The user has as many API keys as possible. */
export class TooManyApiKeysError extends Problem {
  /** @param max - Number of unexpired API keys that a user can have. */
  constructor(max: number) {
    super(409, 'too-many-api-keys', `You can have at most ${max} API keys`);
  }
}
