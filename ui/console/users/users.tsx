import { useMemo, useState } from 'preact/hooks';
import type { AdminUser, Input, Role } from '../../../src/client/index.js';
import { Action } from '../../shared/action.js';
import { type Column, Table, Time } from '../../shared/listing.js';
import { go, placeOf, refine, usePlace } from '../../shared/route.js';
import { useListing } from '../../shared/work.js';
import { Filter, FilterChoice, Filters } from '../filters.js';
import { useConsole } from '../rights.js';
import { NewUser } from './new-user.js';

type Query = NonNullable<Input<'GET /admin/users'>['query']>;
type Sort = NonNullable<Query['sort']>;

const kinds: AdminUser['kind'][] = ['person', 'service'];

/** Reads the filters from the place. Values that the API does not know are none. */
function queryOf(params: URLSearchParams, roles: readonly string[]): Query {
  const flag = (name: string) => {
    const value = params.get(name);
    return value === 'true' ? true : value === 'false' ? false : undefined;
  };
  const role = roles.find((known): known is Role => known === params.get('role'));
  const sorts: Sort[] = ['-created_at', 'created_at', 'username', '-username'];
  return {
    q: params.get('q') ?? undefined,
    role,
    kind: kinds.find((known) => known === params.get('kind')),
    is_active: flag('is_active'),
    email_verified: flag('email_verified'),
    deleted: flag('deleted'),
    sort: sorts.find((known) => known === params.get('sort')),
    limit: 50,
  };
}

/** All accounts, with search, filters and a form for a new one. */
export function Users() {
  const { client, door, t, isAdmin } = useConsole();
  const place = usePlace();
  const hasKeys = door.features.includes('apiKeys');
  const query = queryOf(place.query, door.roles);
  const listing = useListing(JSON.stringify(query), (cursor, signal) =>
    client.call('GET /admin/users', { query: { ...query, cursor } }, { signal }),
  );
  const [creating, setCreating] = useState<AdminUser['kind']>();
  const flags = { '': t.any, true: t.yes, false: t.no };
  const flagFilter = (label: string, name: 'is_active' | 'email_verified') => (
    <FilterChoice
      label={label}
      value={String(query[name] ?? '')}
      options={flags}
      change={(value) => refine({ [name]: value })}
    />
  );
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>{t.sections.users}</h1>
        {isAdmin && (
          <div class="buttons">
            <button type="button" onClick={() => setCreating('person')}>
              {t.users.create}
            </button>
            {hasKeys && (
              <button type="button" class="secondary" onClick={() => setCreating('service')}>
                {t.users.createService}
              </button>
            )}
          </div>
        )}
      </div>
      <Filters>
        <Filter label={t.users.search} name="q" type="search" placeholder={t.users.searchHint} />
        <FilterChoice
          label={t.users.role}
          value={query.role ?? ''}
          options={{ '': t.any, ...Object.fromEntries(door.roles.map((role) => [role, role])) }}
          change={(role) => refine({ role })}
        />
        {hasKeys && (
          <FilterChoice
            label={t.users.kind}
            value={query.kind ?? ''}
            options={{ '': t.any, ...t.users.kinds }}
            change={(kind) => refine({ kind })}
          />
        )}
        {flagFilter(t.users.isActive, 'is_active')}
        {flagFilter(t.users.verified, 'email_verified')}
        <FilterChoice
          label={t.users.deleted}
          value={String(query.deleted ?? '')}
          options={{ '': t.no, true: t.yes }}
          change={(deleted) => refine({ deleted })}
        />
        <FilterChoice
          label={t.users.sort}
          value={query.sort ?? '-created_at'}
          options={t.users.sorts}
          change={(sort) => refine({ sort })}
        />
      </Filters>
      <Table
        caption={t.sections.users}
        listing={listing}
        columns={useColumns(query.deleted === true, listing.again)}
        empty={t.noMatch}
        endless
      />
      {creating && (
        <NewUser
          kind={creating}
          close={() => setCreating(undefined)}
          done={({ id }) => {
            setCreating(undefined);
            go(['users', id]);
          }}
        />
      )}
    </>
  );
}

function useColumns(isDeleted: boolean, again: () => void): Column<AdminUser>[] {
  const { client, t, isAdmin } = useConsole();
  return useMemo(() => {
    const restore = async ({ id }: AdminUser) => {
      await client.call('POST /admin/users/{id}/restore', { path: { id } });
      again();
      return t.users.restored;
    };
    return [
      {
        title: t.users.username,
        of: ({ id, username }) => (isDeleted ? username : <a href={placeOf(['users', id])}>{username}</a>),
      },
      { title: t.users.email, of: ({ email, kind }) => email ?? t.users.kinds[kind] },
      { title: t.users.fullName, of: ({ full_name }) => full_name ?? '-' },
      { title: t.users.role, of: ({ role }) => role },
      { title: t.audit.details, of: (user) => <States user={user} isDeleted={isDeleted} /> },
      { title: t.users.createdAt, of: ({ created_at }) => <Time at={created_at} /> },
      ...(isDeleted && isAdmin
        ? [
            {
              title: t.users.restore,
              of: (user: AdminUser) => (
                <Action
                  title={t.users.restore}
                  text={t.users.restoreText(user.username)}
                  work={() => restore(user)}
                />
              ),
            },
          ]
        : []),
    ];
  }, [client, t, isAdmin, isDeleted]);
}

/** What is unusual about an account, and that it is active. */
export function States({ user, isDeleted = false }: { user: AdminUser; isDeleted?: boolean }) {
  const { t } = useConsole();
  const { states } = t.users;
  return (
    <span class="states">
      {isDeleted ? (
        <span class="bad">{states.deleted}</span>
      ) : user.is_active ? (
        <span class="good">{states.active}</span>
      ) : (
        <span class="bad">{states.inactive}</span>
      )}
      {user.kind === 'person' && !user.email_verified && <span>{states.unverified}</span>}
      {user.factors.map((factor) => (
        <span key={factor}>{t.users.factor[factor]}</span>
      ))}
    </span>
  );
}
