import { Injectable, Logger } from '@nestjs/common';
import { errorText } from '../../http/problem/error-text.js';
import { WindowCounter } from './window-counter.js';
import { AuditService } from '../audit.service.js';
import type { AuditClient, NewAuditEvent } from '../new-audit-event.js';
import { RefusalTrail } from './refusal-trail.js';

const HOUR = 60 * 60;
/** Events that a process records in an hour at most, whoever was refused what. */
const AT_MOST = 1_000;
/** Refusals that a process remembers as recorded; then the oldest are forgotten. */
const REMEMBERED = 10_000;

/**
 * Records that somebody was refused. Whoever is refused once can be refused a million times, so of those that are alike
 * each process records the first in an hour, and of all no more than 1000. It is done in the background: no answer
 * waits for it, nor fails with it.
 */
@Injectable()
export class RefusalRecorder extends RefusalTrail {
  private readonly logger = new Logger(RefusalRecorder.name);
  private readonly alike = new WindowCounter({ limit: 1, window: HOUR }, REMEMBERED);
  private readonly all = new WindowCounter({ limit: AT_MOST, window: HOUR });

  constructor(private readonly audit: AuditService) {
    super();
  }

  override forbidden(
    { userId, role }: { userId: string; role: string },
    operation: string,
    needed: readonly string[],
    client: AuditClient | null,
  ): void {
    const data = { operation, role, needed };
    this.note(`${userId} ${operation}`, { type: 'authz_fail', userId, actorId: userId, client, data });
  }

  override extraneous({ userId }: { userId: string }, fields: readonly string[], client: AuditClient): void {
    const event = { userId, actorId: userId, client, data: { fields } };
    this.note(`extraneous ${userId}`, { type: 'malicious_extraneous', ...event });
  }

  /**
   * A client reached a limit, or a signed-in user one of the account.
   *
   * @param network - To which the client counts.
   * @param userId - `null` if nobody is signed in.
   */
  limited(limit: string, network: string, client: AuditClient, userId: string | null): void {
    const data = { limit };
    const event = { userId, actorId: userId, client, data };
    this.note(`${limit} ${userId ?? network}`, { type: 'excess_rate_limit_exceeded', ...event });
  }

  private note(kind: string, event: NewAuditEvent): void {
    if (!this.alike.take(kind).allowed || !this.all.take('').allowed) return;
    this.audit
      .recordAlone(event)
      .catch((error: unknown) => this.logger.warn(`A refusal was not recorded: ${errorText(error)}`));
  }
}
