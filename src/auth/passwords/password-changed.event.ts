import { AccountEvent } from '../../users/account-events.js';

/**
 * Who replaced a password: `change`, the signed-in owner; `reset`, the owner with a link from a mail; `operator`, somebody
 * at the shell; `application`, the code of a host.
 */
export type PasswordChangeReason = 'change' | 'reset' | 'operator' | 'application';

/** An account has a new password. */
export class PasswordChanged extends AccountEvent {
  /** @param reason - See {@link PasswordChangeReason}. */
  constructor(
    userId: string,
    readonly reason: PasswordChangeReason,
  ) {
    super(userId);
  }
}
