import { useMemo } from 'preact/hooks';
import { auditTypes } from '../../src/audit/audit-types.js';
import type { AuditEvent, AuditType, Input } from '../../src/client/index.js';
import { type Column, Table, Time } from '../shared/listing.js';
import { placeOf, refine, usePlace } from '../shared/route.js';
import { useListing, useReading } from '../shared/work.js';
import { Filter, FilterChoice, Filters } from './filters.js';
import { useConsole } from './rights.js';

type Query = NonNullable<Input<'GET /admin/audit-events'>['query']>;

/** The audit trail with its filters, which are in the URL. */
export function AuditTrail() {
  const { t } = useConsole();
  const { query } = usePlace();
  const param = (name: string) => query.get(name) ?? undefined;
  const type = Object.keys(auditTypes).find((known): known is AuditType => known === query.get('type'));
  return (
    <>
      <h1 tabIndex={-1}>{t.sections.audit}</h1>
      <Verdict />
      <Filters>
        <FilterChoice
          label={t.audit.type}
          value={type ?? ''}
          options={{ '': t.any, ...Object.fromEntries(Object.keys(auditTypes).map((name) => [name, name])) }}
          change={(value) => refine({ type: value })}
        />
        <Filter label={t.audit.user} name="user_id" />
        <Filter label={t.audit.actor} name="actor_id" />
        <Filter label={t.audit.from} name="from" type="date" />
        <Filter label={t.audit.to} name="to" type="date" />
      </Filters>
      <EventTable
        caption={t.sections.audit}
        query={{
          ...(type && { type }),
          ...(param('user_id') && { user_id: param('user_id') }),
          ...(param('actor_id') && { actor_id: param('actor_id') }),
          ...(param('from') && { from: new Date(`${param('from')}T00:00:00`).toISOString() }),
          ...(param('to') && { to: new Date(`${param('to')}T23:59:59.999`).toISOString() }),
        }}
        endless
      />
    </>
  );
}

/** What the last scheduled verification of the trail found, which is an event of the trail itself. */
function Verdict() {
  const { client, t } = useConsole();
  const { value } = useReading('verdict', (signal) =>
    client.call('GET /admin/audit-events', { query: { type: 'audit_verified', limit: 1 } }, { signal }),
  );
  if (!value) return null;
  const [last] = value.items;
  if (!last) return <p class="note">{t.audit.notVerified}</p>;
  const numberOf = (name: string) => Number(last.data?.[name] ?? 0);
  const faults = numberOf('changed') + numberOf('missing') + numberOf('inserted') + numberOf('unsigned');
  return (
    <p>
      {faults === 0 ? (
        <span class="good">{t.audit.intact}</span>
      ) : (
        <span class="bad">{t.audit.faults(faults)}</span>
      )}{' '}
      {t.audit.verified(numberOf('events'))} <Time at={last.created_at} />
      {faults > 0 && <>. {t.audit.whatToDo}</>}
    </p>
  );
}

/** A list of audit events. */
export function EventTable(props: { caption: string; query: Query; endless?: boolean }) {
  const { query } = props;
  const { client, t } = useConsole();
  const listing = useListing(JSON.stringify(query), (cursor, signal) =>
    client.call('GET /admin/audit-events', { query: { ...query, cursor } }, { signal }),
  );
  const columns = useMemo(
    (): Column<AuditEvent>[] => [
      { title: t.audit.time, of: ({ created_at }) => <Time at={created_at} /> },
      {
        title: t.audit.event,
        of: ({ type }) => (
          <>
            <code>{type}</code>
            <span class="quiet">{auditTypes[type]}</span>
          </>
        ),
      },
      { title: t.audit.account, of: ({ user_id }) => <UserLink id={user_id} /> },
      {
        title: t.audit.by,
        of: ({ user_id, actor_id }) =>
          actor_id === null ? (
            t.audit.service
          ) : actor_id === user_id ? (
            t.audit.itself
          ) : (
            <UserLink id={actor_id} />
          ),
      },
      {
        title: t.audit.details,
        of: ({ ip, data }) => (
          <>
            {ip && <span>{ip}</span>}
            {Object.keys(data ?? {}).length > 0 && <code class="data">{JSON.stringify(data)}</code>}
          </>
        ),
      },
    ],
    [t],
  );
  return <Table {...props} listing={listing} columns={columns} empty={t.noMatch} />;
}

/** The end of an ID tells accounts apart; its beginning is a time. */
function UserLink({ id }: { id: string | null }) {
  if (!id) return <>-</>;
  return (
    <a href={placeOf(['users', id])} title={id}>
      …{id.slice(-8)}
    </a>
  );
}
