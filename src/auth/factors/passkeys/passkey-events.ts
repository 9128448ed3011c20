import { AccountEvent } from '../../../users/events/account-events.js';

/** Event: a user has registered a passkey. */
export class PasskeyAdded extends AccountEvent {
  constructor(
    userId: string,
    readonly passkeyId: string,
  ) {
    super(userId);
  }
}

/** Event: a passkey was removed. */
export class PasskeyRemoved extends AccountEvent {
  constructor(
    userId: string,
    readonly passkeyId: string,
  ) {
    super(userId);
  }
}
