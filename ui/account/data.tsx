import { Action } from '../shared/action.js';
import { useWork } from '../shared/work.js';
import { useAccount } from './context.js';

/** The user's data: a copy of it, and the end of it. */
export function Data() {
  const { client, door, has, t } = useAccount();
  return (
    <>
      <h1 tabIndex={-1}>{t.sections.data}</h1>
      <Export />
      <section aria-labelledby="own-delete">
        <h2 id="own-delete">{t.data.remove}</h2>
        <p>{t.data.removeText}</p>
        <Action
          danger
          title={t.data.remove}
          text={has('mail') ? t.data.removeSure : t.data.removeText}
          work={async () => {
            await client.call('DELETE /users/me');
            door.leave('deleted');
            return '';
          }}
        />
      </section>
    </>
  );
}

/** Everything that the service stores about the user, as a file. */
function Export() {
  const { client, me, t } = useAccount();
  const { isBusy, error, run } = useWork();
  const download = async () => {
    const data = await client.call('GET /users/me/export');
    const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
    Object.assign(document.createElement('a'), { href: url, download: `${me.username}.json` }).click();
    // The browser has its own copy by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return t.data.exported;
  };
  return (
    <section aria-labelledby="own-export">
      <h2 id="own-export">{t.data.export}</h2>
      <p>{t.data.exportText}</p>
      <p class="alert" role="alert">
        {error}
      </p>
      <button type="button" aria-disabled={isBusy} onClick={() => void run(download)}>
        {t.data.download}
      </button>
    </section>
  );
}
