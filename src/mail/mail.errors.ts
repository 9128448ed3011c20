import { Problem } from '../http/problem/problem.js';

/** In seconds; an hourly budget is free again within an hour. */
const RETRY_AFTER = 3_600;

/** The mailbox is over its budget for this kind of message; nothing was changed. */
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
