import { Problem } from '../http/problem/problem.js';

/** Seconds. A budget of the hour ends within it. */
const RETRY_AFTER = 3_600;

/** A mailbox has had as many messages of a kind as it may get. Nothing was done. */
export class MailboxFullError extends Problem {
  constructor() {
    super(
      429,
      'too-many-requests',
      'Too many messages of this kind were sent to this email address. Please try again in an hour.',
      { headers: { 'Retry-After': String(RETRY_AFTER) } },
    );
  }
}
