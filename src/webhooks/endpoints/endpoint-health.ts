import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { queryRows } from '../../database/query-rows.js';
import { MailService } from '../../mail/mail.service.js';
import { activeAdmins } from '../../users/admins/active-admins.js';
import { hostOf } from './webhook-url.js';

/** Days without a success after which a webhook is disabled. */
const MAX_DAYS = 5;

/**
 * Watches endpoints, and disables the webhooks of those that are gone or fail for long: each try costs a connection, and
 * their deliveries would fill the tables.
 */
@Injectable()
export class EndpointHealth {
  constructor(
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /** Notes a success. Writes only if there was a failure before. */
  async succeeded(webhookId: string, tx: EntityManager): Promise<void> {
    await tx.query(
      'UPDATE auth_webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL',
      [webhookId],
    );
  }

  /**
   * Notes a failure. The webhook of an endpoint that is gone is disabled at once, others after {@link MAX_DAYS} days
   * without a success; admins get a message.
   */
  async failed(webhookId: string, { isGone }: { isGone: boolean }, tx: EntityManager): Promise<void> {
    const [found] = await queryRows<{ url: string; enabled: boolean; disabledAt: Date }>(
      tx,
      `UPDATE auth_webhooks
          SET enabled = NOT $2::boolean AND failing_since IS NULL,
              failing_since = coalesce(failing_since, now()),
              disabled_reason = CASE WHEN $2 THEN 'gone' WHEN failing_since IS NOT NULL THEN 'failing' END
        WHERE id = $1 AND enabled
          AND ($2 OR failing_since IS NULL OR failing_since < now() - make_interval(days => $3))
       RETURNING url, enabled, now() AS "disabledAt"`,
      [webhookId, isGone, MAX_DAYS],
    );
    if (!found || found.enabled) return;
    const reason = isGone ? 'gone' : 'failing';
    const host = hostOf(found.url);
    const { disabledAt } = found;
    for (const admin of await activeAdmins(tx))
      await this.mail.enqueue('webhook-disabled', admin, { host, disabledAt }, tx);
    const data = { webhook: webhookId, host, reason };
    await this.audit.record(
      { type: 'webhook_disabled', userId: null, actorId: null, client: null, data },
      tx,
    );
  }
}
