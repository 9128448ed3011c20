import { Failure } from '../../shared/listing.js';
import { useReading } from '../../shared/work.js';
import { useAccount } from '../context.js';
import { AuthenticatorApp } from './authenticator-app.js';
import { Identities } from './identities.js';
import { Passkeys } from './passkeys.js';
import { Password } from './password.js';
import { RecoveryCodes } from './recovery-codes.js';

/** How the user signs in. */
export function WaysIn() {
  const { client, has, t } = useAccount();
  const state = useReading('ways-in', async (signal) => {
    const [options, factors, passkeys] = await Promise.all([
      client.call('POST /users/me/reauthenticate/options', { body: {} }, { signal }),
      has('factors') ? client.call('GET /users/me/factors', {}, { signal }) : null,
      has('passkeys') ? client.call('GET /users/me/passkeys', {}, { signal }) : null,
    ]);
    return { hasPassword: options.factors.includes('password'), factors, passkeys };
  });
  const { value, error, again, isLoading } = state;
  const apps = value?.factors?.items.filter(({ type }) => type === 'totp') ?? [];
  const hasFactors = apps.length + (value?.passkeys?.items.length ?? 0) > 0;
  return (
    <>
      <h1 tabIndex={-1}>{t.sections['sign-in']}</h1>
      {isLoading && !value && <p role="status">{t.loading}</p>}
      <Failure {...{ error, again }} />
      {value && (
        <>
          <Password
            hasPassword={value.hasPassword}
            isRemovable={(value.passkeys?.items.length ?? 0) > 0}
            changed={again}
          />
          {value.passkeys && <Passkeys page={value.passkeys} changed={again} />}
          {value.factors && <AuthenticatorApp apps={apps} changed={again} />}
          {value.factors && hasFactors && (
            <RecoveryCodes left={value.factors.recovery_codes_left} changed={again} />
          )}
        </>
      )}
      {has('identities') && <Identities />}
    </>
  );
}
