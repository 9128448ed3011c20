import { useState } from 'preact/hooks';
import type { AdminUser, Role, Session } from '../../../src/client/index.js';
import { Action } from '../../shared/action.js';
import { Dialog } from '../../shared/dialog.js';
import { Choice, Field, Form } from '../../shared/form.js';
import { type Column, Failure, Table, Time } from '../../shared/listing.js';
import { go, placeOf } from '../../shared/route.js';
import { useListing, useReading } from '../../shared/work.js';
import { EventTable } from '../audit.js';
import { useConsole } from '../rights.js';
import { Identities } from './identities.js';
import { ApiKeys } from './keys.js';
import { States } from './users.js';

/** One account with everything about it. */
export function UserPlace({ id }: { id: string }) {
  const { client, door, t, isAdmin } = useConsole();
  const {
    value: user,
    error,
    isLoading,
    again,
  } = useReading(id, (signal) => client.call('GET /admin/users/{id}', { path: { id } }, { signal }));
  return (
    <>
      <p>
        <a href={placeOf(['users'])}>← {t.users.back}</a>
      </p>
      <h1 tabIndex={-1}>{user?.username ?? t.sections.users}</h1>
      {isLoading && !user && <p role="status">{t.loading}</p>}
      <Failure {...{ error, again }} />
      {user && (
        <>
          <Facts user={user} />
          <Actions user={user} changed={again} />
          {isAdmin && door.features.includes('apiKeys') && <ApiKeys user={user} />}
          {isAdmin && user.kind === 'person' && door.features.includes('identities') && (
            <Identities user={user} />
          )}
          {isAdmin && user.kind === 'person' && <Sessions key={`sessions ${user.updated_at}`} user={user} />}
          {isAdmin && (
            <section aria-labelledby="events">
              <h2 id="events">{t.users.events}</h2>
              <EventTable key={user.updated_at} caption={t.users.events} query={{ user_id: id }} />
            </section>
          )}
        </>
      )}
    </>
  );
}

function Facts({ user }: { user: AdminUser }) {
  const { t } = useConsole();
  const facts = {
    [t.users.kind]: t.users.kinds[user.kind],
    [t.users.email]: user.email ?? '-',
    [t.users.fullName]: user.full_name ?? '-',
    [t.users.role]: user.role,
    [t.users.factors]: user.factors.map((factor) => t.users.factor[factor]).join(', ') || t.none,
    [t.users.identities]: user.identities.join(', ') || t.none,
    [t.users.createdAt]: <Time at={user.created_at} />,
    [t.users.updatedAt]: <Time at={user.updated_at} />,
    ID: <code>{user.id}</code>,
  };
  return (
    <>
      <p>
        <States user={user} />
      </p>
      {user.must_enrol && <p class="note">{t.users.mustEnrol}</p>}
      <dl class="facts">
        {Object.entries(facts).map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** What the user of the console may do with an account. */
function Actions({ user, changed }: { user: AdminUser; changed: () => void }) {
  const { client, t, isAdmin } = useConsole();
  const [isEditing, setEditing] = useState(false);
  const path = { id: user.id };
  const name = user.username;
  /** Says something when the request has succeeded, and reads the account again. */
  const after = (request: () => Promise<unknown>, words: string) => async () => {
    await request();
    changed();
    return words;
  };
  const setActive = (is_active: boolean) => () =>
    client.call('PATCH /admin/users/{id}', { path, body: { is_active } });
  return (
    <div class="buttons">
      {isAdmin && (
        <button type="button" onClick={() => setEditing(true)}>
          {t.users.edit}
        </button>
      )}
      {(isAdmin || user.role === 'user') &&
        (user.is_active ? (
          <Action
            title={t.users.deactivate}
            text={t.users.deactivateText(name)}
            work={after(setActive(false), t.users.deactivated)}
          />
        ) : (
          <Action
            title={t.users.activate}
            text={t.users.restoreText(name)}
            work={after(setActive(true), t.users.activated)}
          />
        ))}
      {isAdmin && (
        <>
          {user.kind === 'person' && (
            <Action
              title={t.users.reset}
              text={t.users.resetText(name)}
              work={after(
                () => client.call('POST /admin/users/{id}/password-reset', { path }),
                t.users.resetDone,
              )}
            />
          )}
          {user.factors.length > 0 && (
            <Action
              title={t.users.resetFactors}
              text={t.users.resetFactorsText(name)}
              work={after(
                () => client.call('DELETE /admin/users/{id}/factors', { path }),
                t.users.factorsRemoved,
              )}
            />
          )}
          <Action
            danger
            title={t.users.remove}
            text={t.users.removeText(name)}
            work={async () => {
              await client.call('DELETE /admin/users/{id}', { path });
              go(['users']);
              return t.users.removed;
            }}
          />
        </>
      )}
      {isEditing && (
        <EditUser
          user={user}
          close={() => setEditing(false)}
          saved={() => {
            setEditing(false);
            changed();
          }}
        />
      )}
    </div>
  );
}

function EditUser({ user, close, saved }: { user: AdminUser; close: () => void; saved: () => void }) {
  const { client, door, say, t } = useConsole();
  return (
    <Dialog title={t.users.edit} close={close}>
      <Form
        button={t.save}
        cancel={close}
        send={async ({ username, full_name, role, email_verified }) => {
          const body = {
            ...(username !== user.username && { username }),
            ...(full_name !== (user.full_name ?? '') && { full_name }),
            // Only if it changed: rights are changed on purpose, and after a recent sign-in.
            ...(role !== user.role && { role: role as Role }),
            ...(email_verified &&
              (email_verified === 'true') !== user.email_verified && {
                email_verified: email_verified === 'true',
              }),
          };
          if (Object.keys(body).length > 0)
            await client.call('PATCH /admin/users/{id}', { path: { id: user.id }, body });
          say(t.users.saved);
          saved();
        }}
      >
        <Field name="username" label={t.users.username} defaultValue={user.username} autofocus />
        <Field name="full_name" label={t.users.fullName} defaultValue={user.full_name ?? ''} />
        <Choice
          name="role"
          label={t.users.role}
          value={user.role}
          options={Object.fromEntries(door.roles.map((role) => [role, role]))}
        />
        {user.kind === 'person' && (
          <Choice
            name="email_verified"
            label={t.users.verified}
            value={String(user.email_verified)}
            options={{ true: t.yes, false: t.no }}
          />
        )}
      </Form>
    </Dialog>
  );
}

function Sessions({ user }: { user: AdminUser }) {
  const { client, t } = useConsole();
  const path = { id: user.id };
  const listing = useListing(user.id, (cursor, signal) =>
    client.call('GET /admin/users/{id}/sessions', { path, query: { cursor } }, { signal }),
  );
  const columns: Column<Session>[] = [
    { title: t.users.device, of: ({ device }) => device },
    { title: t.users.ip, of: ({ ip }) => ip ?? '-' },
    { title: t.users.lastUsed, of: ({ last_used_at }) => <Time at={last_used_at} /> },
    { title: t.users.createdAt, of: ({ created_at }) => <Time at={created_at} /> },
  ];
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">{t.users.sessions}</h2>
      <Table caption={t.users.sessions} listing={listing} columns={columns} />
      {listing.total && listing.total.count > 0 && (
        <Action
          title={t.users.endSessions}
          text={t.users.endSessionsText(user.username)}
          work={async () => {
            await client.call('DELETE /admin/users/{id}/sessions', { path });
            listing.again();
            return t.users.sessionsEnded;
          }}
        />
      )}
    </section>
  );
}
