import { useState } from 'preact/hooks';
import { addPasskey, hasPasskeys, type Output } from '../../../src/client/index.js';
import { useWork } from '../../shared/work.js';
import { useAccount } from '../context.js';
import { FactorList } from './factor-list.js';
import { CodesDialog } from './recovery-codes.js';

/** Passkeys of the user. */
export function Passkeys({ page, changed }: { page: Output<'GET /users/me/passkeys'>; changed: () => void }) {
  const { client, t } = useAccount();
  const { isBusy, error, run } = useWork();
  const [codes, setCodes] = useState<readonly string[]>();
  const add = async () => {
    const { recovery_codes } = await addPasskey(client);
    setCodes(recovery_codes);
    changed();
    return t.passkeys.added;
  };
  return (
    <section aria-labelledby="own-passkeys">
      <h2 id="own-passkeys">{t.passkeys.title}</h2>
      <p>{t.passkeys.text}</p>
      <FactorList
        items={page.items.map(({ id, name, created_at, last_used_at }) => ({
          ...{ id, name, at: created_at, used: last_used_at },
        }))}
        rename={async (id, name) => {
          await client.call('PATCH /users/me/passkeys/{id}', { path: { id }, body: { name } });
          changed();
        }}
        remove={async (id) => {
          await client.call('DELETE /users/me/passkeys/{id}', { path: { id } });
          changed();
        }}
        removeText={t.passkeys.removeText}
      />
      <p class="alert" role="alert">
        {error}
      </p>
      {hasPasskeys() && (
        <button type="button" class="secondary" aria-disabled={isBusy} onClick={() => void run(add)}>
          {t.passkeys.add}
        </button>
      )}
      {codes && <CodesDialog codes={codes} close={() => setCodes(undefined)} />}
    </section>
  );
}
