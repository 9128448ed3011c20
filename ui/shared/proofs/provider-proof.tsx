import { useApp } from '../app.js';
import type { ProviderChoice } from '../door.js';
import { Form } from '../form.js';
import { useVisits, VisitNote } from './visit.js';

/** A new sign-in with a provider as the proof of the identity. */
export function ProviderProof(props: {
  provider: ProviderChoice;
  cancel: () => void;
  /** Sends the proof. */
  confirm: (proof: Record<string, unknown>) => Promise<void>;
}) {
  const { client, t } = useApp();
  const { url, visit } = useVisits();
  const { name, title } = props.provider;
  const prove = async () => {
    const result = await visit(async (redirect_to, code_challenge) => {
      // Without a new sign-in there, anybody at the user's browser could confirm.
      const body = { redirect_to, code_challenge, prompt: 'login' } as const;
      const answer = await client.call('POST /auth/providers/{name}/authorize', { path: { name }, body });
      return answer.authorization_url;
    });
    if (!result) return;
    const { sign_in_token, code_verifier } = result;
    await props.confirm({ sign_in_token, code_verifier });
  };
  return (
    <>
      <p>{t.again(title)}</p>
      <Form
        button={t.useProvider(title)}
        cancel={props.cancel}
        renamed={{ 'invalid-proof': 'other-identity' }}
        send={prove}
      >
        <VisitNote url={url} />
      </Form>
    </>
  );
}
