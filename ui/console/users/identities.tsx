import type { AdminUser, Identity } from '../../../src/client/index.js';
import { type Column, Table, Time } from '../../shared/listing.js';
import { useListing } from '../../shared/work.js';
import { useConsole } from '../rights.js';

/** The identities at providers with which a user signs in. Only their owner connects and removes them. */
export function Identities({ user }: { user: AdminUser }) {
  const { client, t } = useConsole();
  const path = { id: user.id };
  const listing = useListing(`identities ${user.id}`, (cursor, signal) =>
    client.call('GET /admin/users/{id}/identities', { path, query: { cursor } }, { signal }),
  );
  const columns: Column<Identity>[] = [
    { title: t.users.provider, of: ({ provider }) => provider },
    { title: t.users.email, of: ({ email }) => email ?? '-' },
    { title: t.users.subject, of: ({ subject_hint }) => <code>…{subject_hint}</code> },
    { title: t.users.linkedAt, of: ({ linked_at }) => <Time at={linked_at} /> },
    { title: t.users.lastUsed, of: ({ last_used_at }) => <Time at={last_used_at} /> },
  ];
  return (
    <section aria-labelledby="identities">
      <h2 id="identities">{t.users.identities}</h2>
      <Table caption={t.users.identities} listing={listing} columns={columns} />
    </section>
  );
}
