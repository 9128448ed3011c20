import type { DataSource } from 'typeorm';
import type { Environment } from '../../../env.js';
import { counted } from '../../../service/counted.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { WebhookSecrets } from '../../../webhooks/endpoints/webhook-secrets.js';
import { type DatabaseCheck, type Finding, look, well, wrong } from '../check.js';

/** Minutes after which a delivery that is due is late. */
const LATE = 10;

/** Webhook, with what tells how it is. */
interface EndpointState {
  id: string;
  enabled: boolean;
  disabledReason: string | null;
  failing: boolean;
  secrets: string[];
  waiting: number;
  /** Minutes for which the most delayed delivery is due. */
  late: number;
}

/**
 * Checks that webhooks can be signed with the configured secret, and that their events arrive. At most 20 of them, so the
 * finding names each.
 */
export const webhooksCheck = (
  env: Environment,
  secretKey: () => Promise<string | undefined>,
): DatabaseCheck => ({
  name: 'Webhooks',
  async run(db) {
    const all = await db.query<EndpointState[]>(
      `SELECT id, enabled, disabled_reason AS "disabledReason", failing_since IS NOT NULL AS failing,
              array_remove(ARRAY[secret_sealed, CASE WHEN previous_secret_until > now() THEN previous_secret_sealed END],
                           NULL) AS secrets, waiting, coalesce(late, 0) AS late
         FROM auth_webhooks w,
              LATERAL (SELECT count(*)::int AS waiting, (extract(epoch FROM now() - min(next_attempt_at)) / 60)::int AS late
                         FROM auth_webhook_deliveries d WHERE d.webhook_id = w.id AND status = 'pending') AS deliveries
        ORDER BY id`,
    );
    const enabled = all.filter((webhook) => webhook.enabled);
    // A host is configured in code, which cannot be inspected from here.
    if (!env.guest && !env.webhooks)
      return enabled.length > 0
        ? look(
            `off, although ${counted(enabled.length, 'is enabled', 'are enabled')}: no events are stored or sent`,
            'Set WEBHOOKS=on, or disable them.',
          )
        : well('off');
    return (await findUnreadable(env, await secretKey(), enabled, db)) ?? findTroubled(all, enabled);
  },
});

/** Reports secrets that need a former value of SECRET_KEY, before it is removed; `undefined` if there are none. */
async function findUnreadable(
  { auth }: Environment,
  secretKey: string | undefined,
  webhooks: readonly EndpointState[],
  db: DataSource,
): Promise<Finding | undefined> {
  if (secretKey === undefined) return undefined;
  const secrets = new WebhookSecrets(new AuthSettings({ ...auth, secretKey }), db);
  const depending = (key: string) =>
    webhooks.filter((one) => one.secrets.some((sealed) => secrets.keyOf(sealed, one.id) === key));
  const [lost, former] = [depending('none'), depending('previous')];
  if (lost.length > 0)
    return wrong(
      `the secrets of ${counted(lost.length, 'webhook', 'webhooks')} cannot be decrypted, so nothing is sent: ${idsOf(lost)}`,
      'Add the value of SECRET_KEY that they were encrypted with to SECRET_KEY_PREVIOUS, or replace them: POST /admin/webhooks/{id}/secret.',
    );
  return former.length > 0
    ? look(
        `${counted(former.length, 'depends', 'depend')} on SECRET_KEY_PREVIOUS: ${idsOf(former)}`,
        'Keep it: the next delivery to each encrypts its secret with the new SECRET_KEY. POST /admin/webhooks/{id}/test sends one.',
      )
    : undefined;
}

/** Reports webhooks that Astra has disabled, whose endpoints fail, or whose deliveries wait. */
function findTroubled(all: readonly EndpointState[], enabled: readonly EndpointState[]): Finding {
  const lost = all.filter(({ disabledReason }) => disabledReason !== null && disabledReason !== 'admin');
  if (lost.length > 0)
    return look(
      `${counted(lost.length, 'was', 'were')} disabled, because nothing could be delivered: ${idsOf(lost)}`,
      'Repair the endpoint, enable the webhook, and send the failed deliveries again; or delete it.',
    );
  const failing = enabled.filter((webhook) => webhook.failing);
  if (failing.length > 0)
    return look(
      `${counted(failing.length, 'endpoint fails', 'endpoints fail')}: ${idsOf(failing)}`,
      'GET /admin/webhooks/{id}/deliveries shows the status and the kind of failure.',
    );
  const waiting = enabled.reduce((sum, webhook) => sum + webhook.waiting, 0);
  const late = Math.max(0, ...enabled.map((webhook) => webhook.late));
  const says = `${enabled.length} enabled, ${counted(waiting, 'delivery is', 'deliveries are')} waiting`;
  return late >= LATE
    ? look(
        `${says}, the most delayed for ${late} minutes`,
        'Check that a process runs the jobs of the queue (WORKER=on, or astra work).',
      )
    : well(says);
}

function idsOf(webhooks: readonly EndpointState[]): string {
  return webhooks.map(({ id }) => id).join(', ');
}
