import type { Client } from '../../access/client.decorator.js';
import { AccountEvent } from '../../users/events/account-events.js';
import type { SessionEnd } from './session.entity.js';

/** Event: a user has signed in. */
export class SignedIn extends AccountEvent {
  constructor(
    userId: string,
    readonly sessionId: string,
    readonly client: Client,
    /** Whether the user has signed in before, but only from other devices. */
    readonly isNewDevice: boolean,
  ) {
    super(userId);
  }
}

/**
 * Event: all sessions of a user are ending, except possibly the current one. Other credentials have to be
 * revoked as well.
 */
export class AllSessionsEnding extends AccountEvent {}

/**
 * Event: a session was ended; not raised for expired sessions. A hook that throws keeps the session alive.
 */
export class SessionEnded extends AccountEvent {
  constructor(
    userId: string,
    readonly sessionId: string,
    readonly reason: SessionEnd,
  ) {
    super(userId);
  }
}
