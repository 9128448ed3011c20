import { decodeBase64url } from './base64url.js';

/** Maximum length of a credential id in bytes (WebAuthn Level 3, 5.1.3). */
const MAX_ID_BYTES = 1_023;
/** Maximum length of a user handle in bytes (WebAuthn Level 3, 5.4.3). */
const MAX_HANDLE_BYTES = 64;
/** Transports of WebAuthn Level 3, 5.8.4. Others are ignored. */
const TRANSPORTS = ['ble', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

/** Members of both kinds of responses. Texts are base64url. */
interface Response {
  readonly id: string;
  readonly clientDataJSON: string;
}

/** New passkey. Copies of its parts that the browser adds, such as the public key, are ignored. */
export interface Registration extends Response {
  readonly attestationObject: string;
  readonly transports: readonly string[];
  /** Whether the authenticator can find the passkey without its id; `null` if the browser does not say. */
  readonly discoverable: boolean | null;
}

/** Signature of a passkey. */
export interface Assertion extends Response {
  readonly authenticatorData: string;
  readonly signature: string;
  /** `null` if the authenticator sent none. */
  readonly userHandle: string | null;
}

/**
 * Reads the `RegistrationResponseJSON` of a browser. Members that are not used may be missing or unknown, because
 * browsers add new ones.
 *
 * @returns `null` if it is malformed.
 */
export function readRegistration(value: unknown): Registration | null {
  const common = readCommon(value);
  if (!common) return null;
  const { id, response, results } = common;
  const { clientDataJSON, attestationObject, transports = [] } = response;
  if (!isBytes(clientDataJSON) || !isBytes(attestationObject) || !Array.isArray(transports)) return null;
  const { credProps } = results;
  const rk = isRecord(credProps) ? credProps.rk : undefined;
  return {
    ...{ id, clientDataJSON, attestationObject },
    transports: TRANSPORTS.filter((name) => transports.includes(name)),
    discoverable: typeof rk === 'boolean' ? rk : null,
  };
}

/**
 * Reads the `AuthenticationResponseJSON` of a browser.
 *
 * @returns `null` if it is malformed.
 */
export function readAssertion(value: unknown): Assertion | null {
  const common = readCommon(value);
  if (!common) return null;
  const { id, response } = common;
  const { clientDataJSON, authenticatorData, signature, userHandle = null } = response;
  if (!isBytes(clientDataJSON) || !isBytes(authenticatorData) || !isBytes(signature)) return null;
  if (userHandle !== null && !isBytes(userHandle, MAX_HANDLE_BYTES)) return null;
  return { id, clientDataJSON, authenticatorData, signature, userHandle };
}

/**
 * Reads the members that both kinds of responses have. `id` and `rawId` are the same text in JSON (WebAuthn Level 3, 5.1):
 * two different ones would let code that reads one be deceived by the other.
 *
 * @returns `null` if they are malformed.
 */
function readCommon(value: unknown) {
  if (!isRecord(value)) return null;
  const { id, rawId, type, response, clientExtensionResults: results = {} } = value;
  if (!isBytes(id, MAX_ID_BYTES) || rawId !== id || type !== 'public-key') return null;
  return isRecord(response) && isRecord(results) ? { id, response, results } : null;
}

/**
 * Returns whether a value is base64url of at least one byte.
 *
 * @param max - Maximum length in bytes. Default: any, as the body of the request is limited.
 */
function isBytes(value: unknown, max = Infinity): value is string {
  const bytes = typeof value === 'string' ? decodeBase64url(value) : null;
  return bytes !== null && bytes.length > 0 && bytes.length <= max;
}

/** Returns whether a value is a JSON object. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
