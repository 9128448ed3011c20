import {
  createHash,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { cbor, type CborValue, type CoseKey } from './cbor.js';

/** Algorithm of a passkey. */
export type PasskeyAlgorithm = 'ES256' | 'EdDSA' | 'RS256';

/** Behavior of a {@link SoftAuthenticator}. */
export interface SoftAuthenticatorOptions {
  /** Origin of the page that asks for the passkey, such as `https://app.example.com`. */
  origin: string;
  /** Algorithm of new passkeys. Default `ES256`. */
  algorithm?: PasskeyAlgorithm;
  /** Whether it verifies the user, by a PIN or biometrics. Default `true`. */
  verifiesUser?: boolean;
  /** Whether passkeys are synced to other devices. Default `true`. Otherwise it counts signatures. */
  synced?: boolean;
  /** Model of the authenticator. Default all zeros: it does not tell. */
  aaguid?: string;
}

/** Options of WebAuthn as JSON, as the API returns them. */
interface Options {
  readonly challenge: string;
}

/** Options of `navigator.credentials.create()`, as far as they are used. */
export interface SoftCreationOptions extends Options {
  readonly rp: { readonly id?: string };
  readonly user: { readonly id: string };
}

/** Options of `navigator.credentials.get()`, as far as they are used. */
export interface SoftRequestOptions extends Options {
  readonly rpId?: string;
  readonly allowCredentials?: readonly { readonly id: string }[];
}

/** Passkey inside the authenticator. */
export interface SoftPasskey {
  /** Credential id, base64url. */
  readonly id: string;
  readonly rpId: string;
  /** User handle, base64url. */
  readonly userHandle: string;
  readonly privateKey: KeyObject;
  /** Number of signatures; stays 0 if passkeys are synced. */
  signCount: number;
}

/** Parts of a response of an authenticator. A test can falsify each part before it is signed. */
export interface ResponseParts {
  /** Members of `clientDataJSON`. */
  clientData: Record<string, unknown>;
  rpId: string;
  /** User presence, user verification, backup eligibility, backup state (WebAuthn Level 3, 6.1). */
  flags: { up: boolean; uv: boolean; be: boolean; bs: boolean };
  signCount: number;
  /** Public key of a new passkey in COSE format, by label; `undefined` in a signature. */
  key?: CoseKey;
}

/** Falsifies parts of a response. */
export type Falsify = (parts: ResponseParts) => void;

/**
 * Authenticator and browser in software, to test passkeys without a browser. It creates passkeys and signs with them, as
 * `navigator.credentials` does.
 */
export class SoftAuthenticator {
  /** Passkeys, oldest first. */
  readonly passkeys: SoftPasskey[] = [];
  private readonly options: Required<SoftAuthenticatorOptions>;

  constructor(options: SoftAuthenticatorOptions) {
    const aaguid = '00000000-0000-0000-0000-000000000000';
    this.options = { algorithm: 'ES256', verifiesUser: true, synced: true, aaguid, ...options };
  }

  /**
   * Creates a passkey.
   *
   * @param options - Response of `POST /users/me/passkeys/options`.
   * @returns the field `passkey` of `POST /users/me/passkeys`.
   */
  create(options: SoftCreationOptions, falsify?: Falsify) {
    const { algorithm, aaguid, synced, origin } = this.options;
    const { publicKey, privateKey } = newKeys[algorithm]();
    const rpId = options.rp.id ?? new URL(origin).hostname;
    const id = randomBytes(16).toString('base64url');
    const passkey = { id, rpId, userHandle: options.user.id, privateKey, signCount: 0 };
    this.passkeys.push(passkey);

    // Falsified before the response is made, so that everything else about it stays valid.
    const parts = this.parts('webauthn.create', options.challenge, passkey);
    parts.key = coseKeys[algorithm](publicKey.export({ format: 'jwk' }));
    falsify?.(parts);
    const credential = Buffer.from(id, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(credential.length);
    // Attested credential data (WebAuthn Level 3, 6.5.1): model, length of the id, id, key.
    const model = Buffer.from(aaguid.replaceAll('-', ''), 'hex');
    const attested = Buffer.concat([model, length, credential, cbor(parts.key)]);
    const authData = authenticatorData(parts, attested);
    const attestation = new Map<CborValue, CborValue>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', authData],
    ]);
    return {
      ...{ id, rawId: id, type: 'public-key', authenticatorAttachment: 'platform' },
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: encode(clientDataOf(parts)),
        attestationObject: encode(cbor(attestation)),
        transports: synced ? ['internal', 'hybrid'] : ['usb'],
      },
    };
  }

  /**
   * Signs with a passkey.
   *
   * @param options - Response of `POST /auth/passkeys/options`, or `passkey_options`.
   * @returns the field `passkey` of the route that takes a passkey.
   * @throws {Error} if it has no passkey for the options.
   */
  get(options: SoftRequestOptions, falsify?: Falsify) {
    const { allowCredentials: allowed } = options;
    const passkey = this.passkeys.findLast(
      ({ id, rpId }) =>
        rpId === options.rpId && (allowed === undefined || allowed.some((one) => one.id === id)),
    );
    if (!passkey) throw new Error('The soft authenticator has no passkey for these options');
    if (!this.options.synced) passkey.signCount++;

    const parts = this.parts('webauthn.get', options.challenge, passkey);
    falsify?.(parts);
    // Signed are the authenticator data and the hash of the client data (WebAuthn Level 3, 6.3.3).
    const clientData = clientDataOf(parts);
    const authData = authenticatorData(parts);
    const digest = createHash('sha256').update(clientData).digest();
    // Ed25519 hashes by itself.
    const algorithm = passkey.privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    return {
      ...{ id: passkey.id, rawId: passkey.id, type: 'public-key', authenticatorAttachment: 'platform' },
      clientExtensionResults: {},
      response: {
        clientDataJSON: encode(clientData),
        authenticatorData: encode(authData),
        signature: encode(sign(algorithm, Buffer.concat([authData, digest]), passkey.privateKey)),
        userHandle: passkey.userHandle,
      },
    };
  }

  /** Returns the parts of an honest response. */
  private parts(type: string, challenge: string, { rpId, signCount }: SoftPasskey): ResponseParts {
    const { origin, verifiesUser: uv, synced } = this.options;
    const clientData = { type, challenge, origin, crossOrigin: false };
    return { clientData, rpId, flags: { up: true, uv, be: synced, bs: synced }, signCount };
  }
}

/** Generate the key pair of a new passkey. */
const newKeys = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
} satisfies Record<PasskeyAlgorithm, () => { publicKey: KeyObject; privateKey: KeyObject }>;

/**
 * Write a public key in COSE format (RFC 9053, 7; RFC 8230, 4). Label 1 is the type of the key, 3 the algorithm; the labels
 * below zero depend on the type: the curve and its coordinates, or modulus and exponent.
 */
const coseKeys: Record<PasskeyAlgorithm, (jwk: JsonWebKey) => CoseKey> = {
  ES256: ({ x = '', y = '' }) =>
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, decode(x)],
      [-3, decode(y)],
    ]),
  EdDSA: ({ x = '' }) =>
    new Map<number, number | Uint8Array>([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, decode(x)],
    ]),
  RS256: ({ n = '', e = '' }) =>
    new Map<number, number | Uint8Array>([
      [1, 3],
      [3, -257],
      [-1, decode(n)],
      [-2, decode(e)],
    ]),
};

/**
 * Returns authenticator data (WebAuthn Level 3, 6.1).
 *
 * @param attested - Attested credential data of a new passkey; omitted in a signature.
 */
function authenticatorData({ rpId, flags, signCount }: ResponseParts, attested?: Buffer): Buffer {
  const { up, uv, be, bs } = flags;
  const head = Buffer.alloc(5);
  head[0] = +up | (+uv << 2) | (+be << 3) | (+bs << 4) | (attested ? 1 << 6 : 0);
  head.writeUInt32BE(signCount, 1);
  return Buffer.concat([createHash('sha256').update(rpId).digest(), head, attested ?? Buffer.alloc(0)]);
}

/** Serializes client data as a browser does, in the order of its members (WebAuthn Level 3, 5.8.1.1). */
const clientDataOf = ({ clientData }: ResponseParts) => Buffer.from(JSON.stringify(clientData));

/** Encodes bytes as the JSON forms of WebAuthn do: base64url without padding. */
const encode = (bytes: Buffer) => bytes.toString('base64url');

/** Decodes a member of a JSON Web Key, which is base64url too. */
const decode = (text: string) => Buffer.from(text, 'base64url');
