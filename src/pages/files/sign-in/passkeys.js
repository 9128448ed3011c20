// Passkeys in the browser (WebAuthn Level 3). Browsers convert the JSON of the API themselves.

import { has } from './client.js';

const Credential = globalThis.PublicKeyCredential;

/** Whether the service and the browser have passkeys. */
export const hasPasskeys = has('passkeys') && Boolean(Credential?.parseRequestOptionsFromJSON);

/** The request that waits for a passkey to be chosen in the autofill of the username. */
let waiting = null;

/** Asks for a passkey. Returns `null` if the user or the device declines. */
export async function getPasskey(options) {
  stopAutofill();
  return attempt(navigator.credentials.get({ publicKey: Credential.parseRequestOptionsFromJSON(options) }));
}

/** Creates a passkey. Returns `null` if the user or the device declines, which it also does if it has one already. */
export async function createPasskey(options) {
  stopAutofill();
  return attempt(
    navigator.credentials.create({ publicKey: Credential.parseCreationOptionsFromJSON(options) }),
  );
}

/**
 * Offers passkeys in the autofill of the username, until one is chosen or {@link stopAutofill} is called.
 *
 * @param getOptions - Called again before the options expire.
 * @param use - Called with the chosen passkey.
 */
export async function offerAutofill(getOptions, use) {
  if (!hasPasskeys || !(await Credential.isConditionalMediationAvailable?.())) return;
  stopAutofill();
  const own = (waiting = new AbortController());
  // Without a network, there is the button.
  const options = await getOptions().catch(() => null);
  if (!options || own.signal.aborted) return;
  const renewal = setTimeout(() => void offerAutofill(getOptions, use), options.timeout * 0.9);
  own.signal.addEventListener('abort', () => clearTimeout(renewal));
  const passkey = await attempt(
    navigator.credentials.get({
      mediation: 'conditional',
      signal: own.signal,
      publicKey: Credential.parseRequestOptionsFromJSON(options),
    }),
  );
  if (own.signal.aborted) return;
  clearTimeout(renewal);
  if (passkey) use(passkey);
}

export function stopAutofill() {
  waiting?.abort();
}

/** Makes devices that have a passkey which the service does not know stop offering it. */
export function forget(passkey, rpId) {
  return inform('signalUnknownCredential', { rpId, credentialId: passkey.id });
}

/** Informs devices about the passkeys of the account, so that they stop offering removed ones. */
export function announceAll({ rp_id, user_handle, credential_ids }) {
  return inform('signalAllAcceptedCredentials', {
    rpId: rp_id,
    userId: user_handle,
    allAcceptedCredentialIds: credential_ids,
  });
}

async function inform(signal, facts) {
  try {
    await Credential?.[signal]?.(facts);
  } catch {
    // Only a hint, which browsers may refuse.
  }
}

async function attempt(ceremony) {
  try {
    return (await ceremony).toJSON();
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
