import { useState } from 'preact/hooks';
import type { ApiKey } from '../../src/client/index.js';
import { Action } from '../shared/action.js';
import { Dialog, SecretDialog } from '../shared/dialog.js';
import { Field, Form, Tick } from '../shared/form.js';
import { type Column, Table, Time } from '../shared/listing.js';
import { useListing } from '../shared/work.js';
import { useAccount } from './context.js';
import { Rename } from './rename.js';

/** API keys of the user, for programs. */
export function Keys() {
  const { client, t } = useAccount();
  const listing = useListing('keys', (cursor, signal) =>
    client.call('GET /users/me/api-keys', { query: { cursor } }, { signal }),
  );
  const [isCreating, setCreating] = useState(false);
  const [token, setToken] = useState<string>();
  const columns: Column<ApiKey>[] = [
    {
      title: t.name,
      of: ({ name, hint }) => (
        <>
          {name} <code class="quiet">…{hint}</code>
        </>
      ),
    },
    { title: t.keys.scopes, of: ({ scopes }) => <code>{scopes.join(' ')}</code> },
    { title: t.keys.expires, of: ({ expires_at }) => <Time at={expires_at} /> },
    { title: t.keys.lastUsed, of: ({ last_used_at }) => <Time at={last_used_at} /> },
    {
      title: t.actions,
      of: ({ id, name }) => (
        <div class="pair">
          <Rename
            name={name}
            rename={async (name) => {
              await client.call('PATCH /users/me/api-keys/{id}', { path: { id }, body: { name } });
              listing.again();
            }}
          />
          <Action
            danger
            title={t.keys.revoke}
            subject={name}
            text={t.keys.revokeText(name)}
            work={async () => {
              await client.call('DELETE /users/me/api-keys/{id}', { path: { id } });
              listing.again();
              return t.keys.revoked;
            }}
          />
        </div>
      ),
    },
  ];
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>{t.sections.keys}</h1>
        <button type="button" onClick={() => setCreating(true)}>
          {t.keys.create}
        </button>
      </div>
      <p>{t.keys.text}</p>
      <Table caption={t.sections.keys} listing={listing} columns={columns} />
      {isCreating && (
        <NewKey
          close={() => setCreating(false)}
          created={(created) => {
            setToken(created);
            listing.again();
          }}
        />
      )}
      {token && (
        <SecretDialog
          title={t.keys.token}
          text={t.keys.tokenText}
          value={token}
          close={() => setToken(undefined)}
        />
      )}
    </>
  );
}

/** Prefix of the names of the boxes, of which there is one for each scope. */
const SCOPE = 'scope ';

function NewKey({ close, created }: { close: () => void; created: (token: string) => void }) {
  const { client, door, me, t } = useAccount();
  const { maxDays, scopes } = door.keys;
  const usable = scopes.filter(([, roles]) => roles === 'all' || roles.includes(me.role));
  return (
    <Dialog title={t.keys.create} close={close}>
      <Form
        button={t.keys.create}
        cancel={close}
        send={async ({ name, expires_in_days, ...ticks }) => {
          const chosen = Object.keys(ticks).map((tick) => tick.slice(SCOPE.length));
          const body = { name, scopes: chosen, expires_in_days: Number(expires_in_days) };
          const { token } = await client.call('POST /users/me/api-keys', { body });
          close();
          created(token);
        }}
      >
        <Field name="name" label={t.name} hint={t.keys.nameHint} autofocus />
        <fieldset>
          <legend>{t.keys.scopes}</legend>
          {usable.map(([scope], index) => (
            <Tick key={scope} name={SCOPE + scope} label={scope} defaultChecked={index === 0} />
          ))}
        </fieldset>
        <Field
          name="expires_in_days"
          label={t.keys.days}
          hint={t.keys.daysHint(maxDays)}
          type="number"
          min={1}
          max={maxDays}
          defaultValue={String(Math.min(90, maxDays))}
        />
      </Form>
    </Dialog>
  );
}
