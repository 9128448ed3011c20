import { AccountEvent } from '../../users/events/account-events.js';

/** Event: a user has added an authenticator app as second factor. Passkeys have events of their own, with their ids. */
export class FactorAdded extends AccountEvent {
  constructor(
    userId: string,
    readonly type: 'totp',
  ) {
    super(userId);
  }
}

/** Event: an authenticator app was removed, by its user or by an admin. */
export class FactorRemoved extends AccountEvent {
  constructor(
    userId: string,
    readonly type: 'totp',
  ) {
    super(userId);
  }
}

/** Event: a recovery code was used in place of a second factor. */
export class RecoveryCodeUsed extends AccountEvent {
  constructor(
    userId: string,
    /** Number of unused codes. */
    readonly left: number,
  ) {
    super(userId);
  }
}
