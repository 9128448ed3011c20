import type { AddedPasskey, NewPasskey, PasskeyCredentials } from './api.js';
import type { AstraClient } from './client.js';
import { isProblem } from './problem.js';
import { type SignInStep, stepOf } from './sign-in.js';

/** `credential.toJSON()` of a passkey that was used. */
export type UsedPasskey = PasskeyCredentials['passkey'];

/** `credential.toJSON()` of a passkey that was created. */
export type CreatedPasskey = NewPasskey['passkey'];

/** The part of WebAuthn Level 3 that is used here. The conversion from and to JSON is the browser's own. */
interface WebAuthn {
  parseRequestOptionsFromJSON(options: object): object;
  parseCreationOptionsFromJSON(options: object): object;
  isConditionalMediationAvailable?(): Promise<boolean>;
  signalUnknownCredential?(facts: { rpId: string; credentialId: string }): Promise<void>;
}

interface Credentials {
  get(request: object): Promise<{ toJSON(): UsedPasskey }>;
  create(request: object): Promise<{ toJSON(): CreatedPasskey }>;
}

const webAuthn = () => (globalThis as { PublicKeyCredential?: WebAuthn }).PublicKeyCredential;
/** For those who have asked {@link hasPasskeys}. */
const ownWebAuthn = () => (globalThis as unknown as { PublicKeyCredential: WebAuthn }).PublicKeyCredential;
const credentials = () => (globalThis.navigator as unknown as { credentials: Credentials }).credentials;

/** Returns whether this browser can use passkeys. */
export function hasPasskeys(): boolean {
  return webAuthn()?.parseRequestOptionsFromJSON !== undefined;
}

/**
 * Lets the user choose a passkey for the options of the API, such as `step.passkeyOptions`.
 *
 * @throws `DOMException` if the user or the device declines.
 */
export async function usePasskey(options: object, request: object = {}): Promise<UsedPasskey> {
  const publicKey = ownWebAuthn().parseRequestOptionsFromJSON(options);
  return (await credentials().get({ publicKey, ...request })).toJSON();
}

/**
 * Creates a passkey for the options of the API.
 *
 * @throws `DOMException` if the user or the device declines, or has one for this account already.
 */
export async function createPasskey(options: object): Promise<CreatedPasskey> {
  const publicKey = ownWebAuthn().parseCreationOptionsFromJSON(options);
  return (await credentials().create({ publicKey })).toJSON();
}

/**
 * Signs in with a passkey.
 *
 * With `autofill`, it waits until the user chooses one in the autofill of a field with `autocomplete="username webauthn"`.
 * End it with the signal before another sign-in. Resolves to `null` where the browser has no such autofill.
 *
 * @throws `ProblemError`; `DOMException` if the user or the device declines, or the signal aborts.
 */
export async function signInWithPasskey(
  client: AstraClient,
  { autofill = false, signal }: { autofill?: boolean; signal?: AbortSignal } = {},
): Promise<SignInStep | null> {
  if (autofill && !(await webAuthn()?.isConditionalMediationAvailable?.())) return null;
  for (;;) {
    const options = await client.call('POST /auth/passkeys/options', {}, { signal });
    // The options of an autofill that nobody uses expire.
    const renewal = autofill ? AbortSignal.timeout(options.timeout * 0.9) : undefined;
    const either = AbortSignal.any([signal, renewal].filter((one) => one !== undefined));
    try {
      const passkey = await usePasskey(options, {
        signal: either,
        ...(autofill && { mediation: 'conditional' }),
      });
      return await stepOf(client, () => signIn(client, passkey, options.rpId));
    } catch (error) {
      if (!renewal?.aborted || signal?.aborted) throw error;
    }
  }
}

/** Adds a passkey to the account of the user. The first factor of an account brings recovery codes. */
export async function addPasskey(client: AstraClient, name?: string): Promise<AddedPasskey> {
  const passkey = await createPasskey(await client.call('POST /users/me/passkeys/options'));
  return client.call('POST /users/me/passkeys', { body: { passkey, ...(name && { name }) } });
}

async function signIn(client: AstraClient, passkey: UsedPasskey, rpId: string) {
  try {
    return await client.call('POST /auth/passkeys/login', { body: { passkey } });
  } catch (error) {
    // Makes the device stop offering it. Only a hint, which browsers may refuse.
    if (isProblem(error, 'unknown-passkey'))
      await webAuthn()
        ?.signalUnknownCredential?.({ rpId, credentialId: passkey.id })
        .catch(() => undefined);
    throw error;
  }
}
