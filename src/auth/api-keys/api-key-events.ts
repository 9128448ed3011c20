import { AccountEvent } from '../../users/events/account-events.js';

/** Event: an API key of a user was created, by the user or, for a service account, by an admin. */
export class ApiKeyCreated extends AccountEvent {
  constructor(
    userId: string,
    /** Its id in the API, which says nothing about the token. */
    readonly apiKeyId: string,
    readonly scopes: readonly string[],
  ) {
    super(userId);
  }
}

/** Event: an API key was revoked. Requests with it are refused from then on. */
export class ApiKeyRevoked extends AccountEvent {
  constructor(
    userId: string,
    readonly apiKeyId: string,
  ) {
    super(userId);
  }
}
