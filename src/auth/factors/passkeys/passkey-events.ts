import { AccountEvent } from '../../../users/events/account-events.js';

/** Event: a user has registered a passkey, which is a way to sign in and a second factor. */
export class PasskeyAdded extends AccountEvent {
  constructor(
    userId: string,
    /** Its id in the API, which says nothing about the credential. */
    readonly passkeyId: string,
  ) {
    super(userId);
  }
}

/** Event: a passkey was removed, and all other sessions of its user end. */
export class PasskeyRemoved extends AccountEvent {
  constructor(
    userId: string,
    readonly passkeyId: string,
  ) {
    super(userId);
  }
}
