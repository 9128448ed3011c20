import { useState } from 'preact/hooks';
import type { AdminUser, ApiKey } from '../../../src/client/index.js';
import { Action } from '../../shared/action.js';
import { Dialog, SecretDialog } from '../../shared/dialog.js';
import { Field, Form } from '../../shared/form.js';
import { type Column, Table, Time } from '../../shared/listing.js';
import { useListing } from '../../shared/work.js';
import { useConsole } from '../rights.js';

/** The API keys of an account. Only those of service accounts are created here: persons create their own. */
export function ApiKeys({ user }: { user: AdminUser }) {
  const { client, t } = useConsole();
  const path = { id: user.id };
  const listing = useListing(`keys ${user.id}`, (cursor, signal) =>
    client.call('GET /admin/users/{id}/api-keys', { path, query: { cursor } }, { signal }),
  );
  const [isCreating, setCreating] = useState(false);
  const [token, setToken] = useState<string>();
  const revoke = async (key: string) => {
    await client.call('DELETE /admin/users/{id}/api-keys/{key}', { path: { ...path, key } });
    listing.again();
    return t.keys.revoked;
  };
  const columns: Column<ApiKey>[] = [
    {
      title: t.keys.name,
      of: ({ name, hint }) => (
        <>
          {name} <code>…{hint}</code>
        </>
      ),
    },
    { title: t.keys.scopes, of: ({ scopes }) => <code>{scopes.join(', ')}</code> },
    { title: t.users.lastUsed, of: ({ last_used_at }) => <Time at={last_used_at} /> },
    { title: t.keys.expires, of: ({ expires_at }) => <Time at={expires_at} /> },
    {
      title: t.keys.revoke,
      of: ({ id, name }) => (
        <Action danger title={t.keys.revoke} text={t.keys.revokeText(name)} work={() => revoke(id)} />
      ),
    },
  ];
  const closeForm = () => setCreating(false);
  return (
    <section aria-labelledby="keys">
      <h2 id="keys">{t.keys.title}</h2>
      <Table caption={t.keys.title} listing={listing} columns={columns} />
      {user.kind === 'service' && (
        <button type="button" class="secondary" onClick={() => setCreating(true)}>
          {t.keys.create}
        </button>
      )}
      {isCreating && (
        <Dialog title={t.keys.create} close={closeForm}>
          <Form
            button={t.keys.create}
            cancel={closeForm}
            send={async ({ name, scopes, expires_in_days }) => {
              const body = {
                name,
                scopes: scopes.split(/[\s,]+/).filter(Boolean),
                ...(expires_in_days && { expires_in_days: Number(expires_in_days) }),
              };
              const created = await client.call('POST /admin/users/{id}/api-keys', { path, body });
              closeForm();
              setToken(created.token);
              listing.again();
            }}
          >
            <Field name="name" label={t.keys.name} hint={t.keys.nameHint} autofocus />
            <Field name="scopes" label={t.keys.scopes} hint={t.keys.scopesHint} />
            <Field name="expires_in_days" label={t.keys.days} inputMode="numeric" placeholder="90" />
          </Form>
        </Dialog>
      )}
      {token && <SecretDialog title={t.keys.token} value={token} close={() => setToken(undefined)} />}
    </section>
  );
}
