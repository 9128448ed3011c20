import { useState } from 'preact/hooks';
import type { Factor, Output } from '../../../src/client/index.js';
import { Dialog } from '../../shared/dialog.js';
import { Field, Form } from '../../shared/form.js';
import { useWork } from '../../shared/work.js';
import { useAccount } from '../context.js';
import { FactorList } from './factor-list.js';
import { CodesDialog } from './recovery-codes.js';

type Setup = Output<'POST /users/me/factors/totp'>;

/** The authenticator app of the user. */
export function AuthenticatorApp({ apps, changed }: { apps: readonly Factor[]; changed: () => void }) {
  const { client, say, t } = useAccount();
  const { isBusy, error, run } = useWork();
  const [setup, setSetup] = useState<Setup>();
  const [codes, setCodes] = useState<readonly string[]>();
  const begin = async () => setSetup(await client.call('POST /users/me/factors/totp', { body: {} }));
  return (
    <section aria-labelledby="own-app">
      <h2 id="own-app">{t.app.title}</h2>
      <p>{t.app.text}</p>
      <FactorList
        items={apps.map(({ id, name, created_at, last_used_at }) => ({
          ...{ id, name, at: created_at, used: last_used_at },
        }))}
        rename={async (id, name) => {
          await client.call('PATCH /users/me/factors/{id}', { path: { id }, body: { name } });
          changed();
        }}
        remove={async (id) => {
          await client.call('DELETE /users/me/factors/{id}', { path: { id } });
          changed();
        }}
        removeText={t.app.removeText}
      />
      <p class="alert" role="alert">
        {error}
      </p>
      {apps.length === 0 && (
        <button type="button" class="secondary" aria-disabled={isBusy} onClick={() => void run(begin)}>
          {t.app.setUp}
        </button>
      )}
      {setup && (
        <SetupDialog
          setup={setup}
          close={() => setSetup(undefined)}
          added={(recoveryCodes) => {
            setSetup(undefined);
            if (recoveryCodes.length > 0) setCodes(recoveryCodes);
            say(t.app.added);
            changed();
          }}
        />
      )}
      {codes && <CodesDialog codes={codes} close={() => setCodes(undefined)} />}
    </section>
  );
}

/** Shows the secret for the app, and asks for its first code. */
function SetupDialog(props: {
  setup: Setup;
  close: () => void;
  added: (recoveryCodes: readonly string[]) => void;
}) {
  const { client, t } = useAccount();
  const { id, secret, uri, qr_svg } = props.setup;
  return (
    <Dialog title={t.app.setUp} close={props.close}>
      <p>{t.app.scan}</p>
      <p>
        <img class="qr" alt={t.app.qrCode} src={`data:image/svg+xml,${encodeURIComponent(qr_svg)}`} />
      </p>
      <p>
        {t.app.key} <code>{secret.replaceAll(/.{4}(?=.)/g, '$& ')}</code>
      </p>
      <p>
        <a href={uri}>{t.app.open}</a>
      </p>
      <Form
        button={t.confirm}
        cancel={props.close}
        send={async ({ totp_code }) => {
          const { recovery_codes } = await client.call('POST /users/me/factors/totp/confirm', {
            body: { id, totp_code },
          });
          props.added(recovery_codes);
        }}
      >
        <Field
          name="totp_code"
          label={t.app.firstCode}
          autocomplete="one-time-code"
          inputMode="numeric"
          autofocus
        />
      </Form>
    </Dialog>
  );
}
