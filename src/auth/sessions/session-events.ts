import type { Client } from '../../access/client.decorator.js';
import { AccountEvent } from '../../users/account-events.js';
import type { SessionEnd } from './session.entity.js';

/** Somebody has signed in. */
export class SignedIn extends AccountEvent {
  constructor(
    userId: string,
    readonly sessionId: string,
    readonly client: Client,
    /** Whether the user has signed in before, but from other devices only. */
    readonly isNewDevice: boolean,
  ) {
    super(userId);
  }
}

/** All sessions of a user end now, but perhaps the one at work. What else lets the user in has to end as well. */
export class AllSessionsEnding extends AccountEvent {}

/**
 * A session was ended. It is not told of sessions that nobody used for too long. A hook that throws keeps the session
 * alive, whoever wants it to end.
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
