import { useState } from 'preact/hooks';
import type { Webhook } from '../../../src/client/index.js';
import { Dialog, SecretDialog } from '../../shared/dialog.js';
import { Field, Form } from '../../shared/form.js';
import { type Column, Table } from '../../shared/listing.js';
import { placeOf } from '../../shared/route.js';
import { useListing } from '../../shared/work.js';
import { useConsole } from '../rights.js';
import { State, typesOf } from './parts.js';

/** All webhooks. */
export function Webhooks() {
  const { client, t } = useConsole();
  const listing = useListing('webhooks', (cursor, signal) =>
    client.call('GET /admin/webhooks', { query: { cursor } }, { signal }),
  );
  const [isCreating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string>();
  const columns: Column<Webhook>[] = [
    { title: t.webhooks.url, of: ({ id, url }) => <a href={placeOf(['webhooks', id])}>{url}</a> },
    { title: t.webhooks.types, of: ({ types }) => <code>{types.join(', ')}</code> },
    { title: t.webhooks.description, of: ({ description }) => description ?? '-' },
    { title: t.webhooks.state, of: (webhook) => <State webhook={webhook} /> },
  ];
  const close = () => setCreating(false);
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>{t.sections.webhooks}</h1>
        <button type="button" onClick={() => setCreating(true)}>
          {t.webhooks.create}
        </button>
      </div>
      <Table caption={t.sections.webhooks} listing={listing} columns={columns} />
      {isCreating && (
        <Dialog title={t.webhooks.create} close={close}>
          <Form
            button={t.webhooks.create}
            cancel={close}
            send={async ({ url, types, description }) => {
              const created = await client.call('POST /admin/webhooks', {
                body: { url, types: typesOf(types), ...(description && { description }) },
              });
              close();
              setSecret(created.secret);
              listing.again();
            }}
          >
            <Field name="url" label={t.webhooks.url} type="url" autofocus />
            <Field name="types" label={t.webhooks.types} hint={t.webhooks.typesHint} defaultValue="*" />
            <Field name="description" label={t.webhooks.description} />
          </Form>
        </Dialog>
      )}
      {secret && (
        <SecretDialog
          title={t.webhooks.secret}
          text={t.webhooks.secretText}
          value={secret}
          close={() => setSecret(undefined)}
        />
      )}
    </>
  );
}
