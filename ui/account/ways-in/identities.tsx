import { linkProvider } from '../../../src/client/index.js';
import { Failure } from '../../shared/listing.js';
import { useVisits, VisitNote } from '../../shared/proofs/visit.js';
import { useReading, useWork } from '../../shared/work.js';
import { useAccount } from '../context.js';
import { FactorList } from './factor-list.js';

/** Accounts elsewhere with which the user signs in. */
export function Identities() {
  const { client, door, t } = useAccount();
  const { value, error, again } = useReading('identities', (signal) =>
    client.call('GET /users/me/identities', {}, { signal }),
  );
  const work = useWork();
  const { url, visit } = useVisits();
  const titleOf = (name: string) => door.providers.find((one) => one.name === name)?.title ?? name;
  const connect = async (name: string) => {
    const result = await visit(async (redirectTo) => {
      let target = '';
      await linkProvider(client, name, { redirectTo, open: (to) => (target = to) });
      return target;
    });
    if (!result) return '';
    again();
    return t.identities.linked(titleOf(name));
  };
  return (
    <section aria-labelledby="own-identities">
      <h2 id="own-identities">{t.identities.title}</h2>
      <p>{t.identities.text}</p>
      <Failure {...{ error, again }} />
      {value && (
        <FactorList
          items={value.items.map(({ id, provider, email, subject_hint, linked_at, last_used_at }) => ({
            ...{ id, at: linked_at, used: last_used_at },
            name: `${titleOf(provider)} (${email ?? `…${subject_hint}`})`,
          }))}
          remove={async (id) => {
            await client.call('DELETE /users/me/identities/{id}', { path: { id } });
            again();
          }}
          removeText={t.identities.removeText}
        />
      )}
      <p class="alert" role="alert">
        {work.error}
      </p>
      <VisitNote url={url} canCancel />
      <div class="buttons">
        {door.providers.map(({ name, title }) => (
          <button
            type="button"
            class="secondary"
            key={name}
            aria-disabled={work.isBusy}
            onClick={() => void work.run(() => connect(name))}
          >
            {t.identities.connect(title)}
          </button>
        ))}
      </div>
    </section>
  );
}
