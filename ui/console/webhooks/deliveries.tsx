import type { WebhookDelivery, WebhookDeliveryStatus } from '../../../src/client/index.js';
import { type Column, Table, Time } from '../../shared/listing.js';
import { refine, usePlace } from '../../shared/route.js';
import { useListing, useWork } from '../../shared/work.js';
import { FilterChoice, Filters } from '../filters.js';
import { useConsole } from '../rights.js';

const statuses: WebhookDeliveryStatus[] = ['pending', 'delivered', 'failed'];

/** What was sent to a webhook, and what came of it. */
export function Deliveries({ id }: { id: string }) {
  const { client, t } = useConsole();
  const { query } = usePlace();
  const status = statuses.find((known) => known === query.get('status'));
  const listing = useListing(`${id} ${status}`, (cursor, signal) =>
    client.call(
      'GET /admin/webhooks/{id}/deliveries',
      { path: { id }, query: { status, cursor } },
      { signal },
    ),
  );
  const columns: Column<WebhookDelivery>[] = [
    { title: t.audit.time, of: ({ created_at }) => <Time at={created_at} /> },
    { title: t.audit.event, of: ({ type }) => <code>{type}</code> },
    { title: t.webhooks.status, of: (delivery) => t.webhooks.statuses[delivery.status] },
    { title: t.webhooks.attempts, of: ({ attempts }) => attempts },
    { title: t.webhooks.answer, of: ({ last_status, last_error }) => last_status ?? last_error ?? '-' },
    { title: t.webhooks.next, of: ({ next_attempt_at }) => <Time at={next_attempt_at} /> },
    { title: t.webhooks.retry, of: (delivery) => <Retry delivery={delivery} done={listing.again} /> },
  ];
  return (
    <section aria-labelledby="deliveries">
      <h2 id="deliveries">{t.webhooks.deliveries}</h2>
      <Filters>
        <FilterChoice
          label={t.webhooks.status}
          value={status ?? ''}
          options={{ '': t.any, ...t.webhooks.statuses }}
          change={(value) => refine({ status: value })}
        />
      </Filters>
      <Table caption={t.webhooks.deliveries} listing={listing} columns={columns} />
    </section>
  );
}

function Retry({ delivery, done }: { delivery: WebhookDelivery; done: () => void }) {
  const { client, t } = useConsole();
  const { isBusy, error, run } = useWork();
  const retry = async () => {
    const path = { id: delivery.webhook_id, delivery: delivery.id };
    await client.call('POST /admin/webhooks/{id}/deliveries/{delivery}/retry', { path });
    done();
    return t.webhooks.retried;
  };
  return (
    <>
      <button type="button" class="link" aria-disabled={isBusy} onClick={() => void run(retry)}>
        {t.webhooks.retry}
      </button>
      {error && (
        <span class="error" role="alert">
          {error}
        </span>
      )}
    </>
  );
}
