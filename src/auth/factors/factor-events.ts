import { AccountEvent } from '../../users/events/account-events.js';

/** Type of a second factor. */
export type FactorType = 'totp' | 'passkey';

/** Event: a user has added a second factor. */
export class FactorAdded extends AccountEvent {
  constructor(
    userId: string,
    readonly type: FactorType,
  ) {
    super(userId);
  }
}

/** Event: a second factor was removed, by its user or by an admin. */
export class FactorRemoved extends AccountEvent {
  constructor(
    userId: string,
    readonly type: FactorType,
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
