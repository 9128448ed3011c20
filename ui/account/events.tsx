import type { AuditEvent } from '../../src/client/index.js';
import { type Column, Table, Time } from '../shared/listing.js';
import { useListing } from '../shared/work.js';
import { useAccount } from './context.js';

/** What happened to the account, the newest first. */
export function Events() {
  const { client, t } = useAccount();
  const listing = useListing('events', (cursor, signal) =>
    client.call('GET /users/me/events', { query: { cursor } }, { signal }),
  );
  const columns: Column<AuditEvent>[] = [
    { title: t.activity.time, of: ({ created_at }) => <Time at={created_at} /> },
    { title: t.activity.event, of: ({ type }) => t.events[type] },
    { title: t.sessions.ip, of: ({ ip }) => ip ?? '-' },
  ];
  return (
    <>
      <h1 tabIndex={-1}>{t.sections.activity}</h1>
      <p>{t.activity.text}</p>
      <Table caption={t.sections.activity} listing={listing} columns={columns} />
    </>
  );
}
