import type { SignInMethod } from '../../access/sign-in-methods.js';
import { AccountEvent } from '../../users/events/account-events.js';

/** Event: a signed-in user has verified a proof again. */
export class Reauthenticated extends AccountEvent {
  constructor(
    userId: string,
    /** Session that was renewed. */
    readonly sessionId: string,
    /** `pwd`, `otp` or `recovery`. */
    readonly method: SignInMethod,
  ) {
    super(userId);
  }
}
