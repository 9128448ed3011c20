import { useEffect, useState } from 'preact/hooks';
import { type Confirmation, type Output, usePasskey } from '../../../src/client/index.js';
import { useApp } from '../app.js';
import type { ProviderChoice } from '../door.js';
import { Dialog } from '../dialog.js';
import { Field, Form } from '../form.js';
import { Failure } from '../listing.js';
import { useReading, useWork } from '../work.js';
import { ProviderProof } from './provider-proof.js';

/** Asks the user for a proof of their identity, as often as a request needs one. */
export class StepUp {
  /** Shows the dialog, or hides it. Set by {@link StepUpDialog}. */
  show: (request: StepUpRequest | null) => void = () => undefined;

  /** Returns whether the user has confirmed. The client asks once for all requests that wait at the same time. */
  confirm({ strong }: Confirmation): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isConfirmed: boolean) => {
        this.show(null);
        resolve(isConfirmed);
      };
      this.show({ strong, end });
    });
  }
}

interface StepUpRequest extends Confirmation {
  readonly end: (isConfirmed: boolean) => void;
}

type Way = 'password' | 'totp_code' | 'passkey' | 'recovery_code' | 'email_code' | ProviderChoice;
type Options = Output<'POST /users/me/reauthenticate/options'>;

/** Codes of messages that say more about a wrong proof than `invalid-proof`. */
const proofCodes: Record<string, string> = { password: 'invalid-password', passkey: 'invalid-passkey' };

/** Ways that are possible for the user, the one that is offered first ahead. */
function waysOf(
  { factors, email_code, providers }: Options,
  all: readonly ProviderChoice[],
  strong: boolean,
): Way[] {
  return [
    ...(factors.includes('passkey') ? (['passkey'] as const) : []),
    ...(factors.includes('totp') ? (['totp_code'] as const) : []),
    // A password is one factor, and so are a code by email and most providers.
    ...(!strong && factors.includes('password') ? (['password'] as const) : []),
    ...(!strong && email_code ? (['email_code'] as const) : []),
    ...all.filter(({ name, countsTwice }) => providers.includes(name) && (countsTwice || !strong)),
    ...(factors.includes('recovery_code') ? (['recovery_code'] as const) : []),
  ];
}

/** The dialog of a {@link StepUp}. */
export function StepUpDialog({ stepUp }: { stepUp: StepUp }) {
  const { t } = useApp();
  const [request, setRequest] = useState<StepUpRequest | null>(null);
  useEffect(() => {
    stepUp.show = setRequest;
  }, [stepUp]);
  if (!request) return null;
  return (
    <Dialog title={t.confirmTitle} close={() => request.end(false)}>
      <Ways {...request} />
    </Dialog>
  );
}

function Ways({ strong, end }: StepUpRequest) {
  const { client, door, t } = useApp();
  const reading = useReading('proofs', (signal) =>
    client.call('POST /users/me/reauthenticate/options', { body: {} }, { signal }),
  );
  const sending = useWork();
  const [chosen, setChosen] = useState<Way>();
  const options = reading.value;
  const cancel = () => end(false);
  if (!options) return reading.error ? <Failure {...reading} /> : <p role="status">{t.loading}</p>;
  const ways = waysOf(options, door.providers, strong);
  const way = chosen ?? ways[0];
  if (!way) {
    return (
      <>
        <p>{t.noProof}</p>
        <button type="button" onClick={cancel}>
          {t.close}
        </button>
      </>
    );
  }
  const confirm = async (proof: Record<string, unknown>) => {
    await client.call('POST /users/me/reauthenticate', { body: proof });
    end(true);
  };
  const labels = {
    password: t.password,
    totp_code: t.code,
    recovery_code: t.recoveryCode,
    email_code: t.emailCode,
    passkey: t.usePasskey,
  };
  const choose = async (to: Way) => {
    if (to === 'email_code')
      await client.call('POST /users/me/reauthenticate/options', { body: { send: 'email_code' } });
    setChosen(to);
  };
  const offer = (to: Way) => {
    if (to === 'email_code') return t.sendEmailCode;
    return typeof to === 'string' ? labels[to] : t.useProvider(to.title);
  };
  return (
    <>
      <p>{t.confirmText}</p>
      {typeof way === 'string' ? (
        <Form
          key={way}
          button={way === 'passkey' ? t.usePasskey : t.confirm}
          cancel={cancel}
          renamed={{ 'invalid-proof': proofCodes[way] ?? 'invalid-proof' }}
          send={async (values) => {
            const passkey = way === 'passkey' && (await usePasskey(options.passkey_options ?? {}));
            await confirm(passkey ? { passkey } : values);
          }}
        >
          {way !== 'passkey' && (
            <Field
              name={way}
              label={labels[way]}
              type={way === 'password' ? 'password' : 'text'}
              autocomplete={way === 'password' ? 'current-password' : 'one-time-code'}
              inputMode={way === 'totp_code' || way === 'email_code' ? 'numeric' : undefined}
              autofocus
            />
          )}
        </Form>
      ) : (
        <ProviderProof key={way.name} provider={way} {...{ cancel, confirm }} />
      )}
      <p class="alert" role="alert">
        {sending.error}
      </p>
      <p class="links">
        {ways
          .filter((other) => other !== way)
          .map((other) => (
            <button
              type="button"
              class="link"
              key={offer(other)}
              onClick={() => void sending.run(() => choose(other))}
            >
              {offer(other)}
            </button>
          ))}
      </p>
    </>
  );
}
