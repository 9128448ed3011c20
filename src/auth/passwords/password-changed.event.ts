import { AccountEvent } from '../../users/events/account-events.js';

/**
 * Way in which a password was replaced: `change`, by the signed-in owner; `reset`, by the owner with an
 * emailed link; `registration`, by the owner who had none before; `operator`, by a command; `application`, by the host's code.
 */
export type PasswordChangeReason = 'change' | 'reset' | 'registration' | 'operator' | 'application';

/** Event: the password of an account was replaced. */
export class PasswordChanged extends AccountEvent {
  /** @param reason - See {@link PasswordChangeReason}. */
  constructor(
    userId: string,
    readonly reason: PasswordChangeReason,
  ) {
    super(userId);
  }
}
