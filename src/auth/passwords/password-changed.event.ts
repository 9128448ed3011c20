import { AccountEvent } from '../../users/account-events.js';

/** An account has a new password. */
export class PasswordChanged extends AccountEvent {
  /** @param reason - `change`: by the signed-in owner; `reset`: with a link from a mail. */
  constructor(
    userId: string,
    readonly reason: 'change' | 'reset',
  ) {
    super(userId);
  }
}
