import { linkProvider } from '../../../src/client/index.js';
import { Failure } from '../../shared/listing.js';
import { useReading, useWork } from '../../shared/work.js';
import { useAccount } from '../context.js';
import { FactorList } from './factor-list.js';

/** Accounts elsewhere with which the user signs in. */
export function Identities() {
  const { client, door, t } = useAccount();
  const { value, error, again } = useReading('identities', async (signal) => {
    const [own, providers] = await Promise.all([
      client.call('GET /users/me/identities', {}, { signal }),
      client.call('GET /auth/providers', {}, { signal }),
    ]);
    return { identities: own.items, providers: providers.items };
  });
  const work = useWork();
  const titleOf = (name: string) => value?.providers.find((one) => one.name === name)?.title ?? name;
  const redirectTo = location.origin + location.pathname;
  return (
    <section aria-labelledby="own-identities">
      <h2 id="own-identities">{t.identities.title}</h2>
      <p>{t.identities.text}</p>
      {door.visit?.linked && value && <p class="note">{t.identities.linked(titleOf(door.visit.linked))}</p>}
      <p class="alert" role="alert">
        {work.error ?? (door.visit?.error ? t.identities.failed : null)}
      </p>
      <Failure {...{ error, again }} />
      {value && (
        <FactorList
          items={value.identities.map(({ id, provider, email, subject_hint, linked_at, last_used_at }) => ({
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
      {/* Without the cookie, the session would not survive the way to the provider. */}
      {door.cookie && (
        <div class="buttons">
          {value?.providers.map(({ name, title }) => (
            <button
              type="button"
              class="secondary"
              key={name}
              aria-disabled={work.isBusy}
              onClick={() => void work.run(() => linkProvider(client, name, { redirectTo }))}
            >
              {t.identities.connect(title)}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}
