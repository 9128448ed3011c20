import type { Client } from '../../access/client.decorator.js';
import { AccountEvent } from '../../users/account-events.js';
import type { SessionEnd } from './session.entity.js';

/** Somebody has signed in. */
export class SignedIn extends AccountEvent {
  constructor(
    userId: string,
    readonly sessionId: string,
    readonly client: Client,
  ) {
    super(userId);
  }
}

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
