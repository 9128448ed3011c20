import { Injectable, Logger } from '@nestjs/common';
import { errorText } from '../../http/problem/error-text.js';
import { WindowCounter } from './window-counter.js';
import { AuditService } from '../audit.service.js';
import type { AuditClient, NewAuditEvent } from '../new-audit-event.js';
import { RefusalTrail } from './refusal-trail.js';

const HOUR = 60 * 60;
/** Maximum of events recorded per process and hour. */
const AT_MOST = 1_000;
/** Maximum of recent refusals kept in memory; beyond it the oldest are dropped. */
const REMEMBERED = 10_000;

/**
 * Records refused requests. One client can cause millions of them, so each process records the first of equal refusals
 * per hour, and at most 1000 in total. Runs in the background: responses neither wait for it nor fail with it.
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
    { userId, role, apiKeyId: key }: { userId: string; role: string; apiKeyId: string | null },
    operation: string,
    needed: readonly string[],
    client: AuditClient | null,
  ): void {
    const data = { operation, role, needed, ...(key && { key }) };
    this.note(`${key ?? userId} ${operation}`, { type: 'authz_fail', userId, actorId: userId, client, data });
  }

  override extraneous({ userId }: { userId: string }, fields: readonly string[], client: AuditClient): void {
    const event = { userId, actorId: userId, client, data: { fields } };
    this.note(`extraneous ${userId}`, { type: 'malicious_extraneous', ...event });
  }

  /**
   * Records that a client or a signed-in user reached a rate limit.
   *
   * @param network - Network that the client's requests are counted under.
   * @param userId - `null` if nobody is signed in.
   */
  limited(limit: string, network: string, client: AuditClient, userId: string | null): void {
    const data = { limit };
    const event = { userId, actorId: userId, client, data };
    this.note(`${limit} ${userId ?? network}`, { type: 'excess_rate_limit_exceeded', ...event });
  }

  /** Records a refusal in the background, unless an equal one or too many others were recorded within the hour. */
  private note(kind: string, event: NewAuditEvent): void {
    if (!this.alike.take(kind).allowed || !this.all.take('').allowed) return;
    this.audit
      .recordAlone(event)
      .catch((error: unknown) => this.logger.warn(`A refusal was not recorded: ${errorText(error)}`));
  }
}
