import type { Session } from '../../src/client/index.js';
import { Action } from '../shared/action.js';
import { type Column, Table, Time } from '../shared/listing.js';
import { useListing } from '../shared/work.js';
import { useAccount } from './context.js';

/** Where the user is signed in. */
export function Sessions() {
  const { client, t } = useAccount();
  const listing = useListing('sessions', (cursor, signal) =>
    client.call('GET /users/me/sessions', { query: { cursor } }, { signal }),
  );
  /** Says something when sessions have ended, and reads the list again. */
  const after = (request: () => Promise<unknown>, words: string) => async () => {
    await request();
    listing.again();
    return words;
  };
  const columns: Column<Session>[] = [
    {
      title: t.sessions.device,
      of: ({ device, current }) => (
        <>
          {device} {current && <span class="good">{t.sessions.current}</span>}
        </>
      ),
    },
    { title: t.sessions.ip, of: ({ ip }) => ip ?? '-' },
    { title: t.sessions.lastUsed, of: ({ last_used_at }) => <Time at={last_used_at} /> },
    { title: t.sessions.since, of: ({ created_at }) => <Time at={created_at} /> },
    {
      title: t.actions,
      of: ({ id, current, device }) =>
        current ? (
          '-'
        ) : (
          <Action
            title={t.sessions.end}
            subject={device}
            text={t.sessions.endText(device)}
            work={after(
              () => client.call('DELETE /users/me/sessions/{id}', { path: { id } }),
              t.sessions.ended,
            )}
          />
        ),
    },
  ];
  return (
    <>
      <h1 tabIndex={-1}>{t.sections.sessions}</h1>
      <p>{t.sessions.text}</p>
      <Table caption={t.sections.sessions} listing={listing} columns={columns} />
      {listing.total && listing.total.count > 1 && (
        <div class="buttons">
          <Action
            title={t.sessions.endOthers}
            text={t.sessions.endOthersText}
            work={after(() => client.call('DELETE /users/me/sessions'), t.sessions.othersEnded)}
          />
        </div>
      )}
    </>
  );
}
