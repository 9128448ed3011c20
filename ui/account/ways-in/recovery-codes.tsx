import { useState } from 'preact/hooks';
import { Action } from '../../shared/action.js';
import { SecretDialog } from '../../shared/dialog.js';
import { useAccount } from '../context.js';

/** Number of unused recovery codes, and new ones. */
export function RecoveryCodes({ left, changed }: { left: number; changed: () => void }) {
  const { client, t } = useAccount();
  const [codes, setCodes] = useState<readonly string[]>();
  return (
    <section aria-labelledby="own-codes">
      <h2 id="own-codes">{t.codes.title}</h2>
      <p>{t.codes.left(left)}</p>
      <Action
        title={t.codes.create}
        text={t.codes.createText}
        work={async () => {
          const { recovery_codes } = await client.call('POST /users/me/recovery-codes');
          setCodes(recovery_codes);
          changed();
          return t.codes.created;
        }}
      />
      {codes && <CodesDialog codes={codes} close={() => setCodes(undefined)} />}
    </section>
  );
}

/** Shows recovery codes once. */
export function CodesDialog({ codes, close }: { codes: readonly string[]; close: () => void }) {
  const { t } = useAccount();
  return <SecretDialog title={t.codes.title} text={t.codes.text} value={codes.join('\n')} close={close} />;
}
