import { createHash, generateKeyPairSync, hkdfSync, verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeAttestationObject, parseAuthenticatorData } from '@simplewebauthn/server/helpers';
import { cbor } from '../../../../../testing/cbor.js';
import { readChallenge } from '../client-data.js';
import { PasskeyRefusal } from '../passkey-refusal.js';
import type { Assertion, Registration } from '../responses.js';
import { verifyAssertion } from '../verify-assertion.js';
import { verifyRegistration } from '../verify-registration.js';

// WebAuthn Level 3, Test Vectors: "ES256 Credential with No Attestation" of example.org. The user was not verified.
const bytes = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
const relyingParty = { id: 'example.org', origins: ['https://example.org'], publishedOrigins: [] };
const id = bytes('f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4');
const creation = {
  challenge: bytes('00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130'),
  registration: {
    id,
    transports: [],
    discoverable: null,
    clientDataJSON: bytes(
      '7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d',
    ),
    attestationObject: bytes(
      'a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220',
    ),
  } satisfies Registration,
};
const request = {
  challenge: bytes('39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408'),
  assertion: {
    id,
    userHandle: null,
    authenticatorData: bytes('bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000'),
    clientDataJSON: bytes(
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d',
    ),
    signature: bytes(
      '3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87',
    ),
  } satisfies Assertion,
};

const register = (userVerified: boolean, challenge = creation.challenge) =>
  verifyRegistration(creation.registration, challenge, relyingParty, { userVerified });

describe('the vector of W3C for ES256 without attestation', () => {
  it('registers, and signs as a second factor', async () => {
    const { publicKey, ...credential } = await register(false);
    expect(credential).toEqual({
      credentialId: Buffer.from(id, 'base64url'),
      rpId: 'example.org',
      signCount: 0,
      userVerified: false,
      backupEligible: true,
      backedUp: true,
      aaguid: '8446ccb9-ab1d-b374-750b-2367ff6f3a1f',
    });
    const { assertion, challenge } = request;
    const options = { userVerified: false };
    expect(await verifyAssertion(assertion, challenge, publicKey, relyingParty, options)).toEqual({
      ...{ signCount: 0, userVerified: false, backupEligible: true, backedUp: true },
    });
  });

  it('is no way to sign in alone, as the user was not verified', async () => {
    await expect(register(true)).rejects.toThrow(PasskeyRefusal);
    const { publicKey } = await register(false);
    const { assertion, challenge } = request;
    await expect(
      verifyAssertion(assertion, challenge, publicKey, relyingParty, { userVerified: true }),
    ).rejects.toThrow(PasskeyRefusal);
  });

  it('is refused with another challenge or relying party', async () => {
    await expect(register(false, request.challenge)).rejects.toThrow(PasskeyRefusal);
    const elsewhere = { ...relyingParty, id: 'example.com' };
    await expect(
      verifyRegistration(creation.registration, creation.challenge, elsewhere, { userVerified: false }),
    ).rejects.toThrow(PasskeyRefusal);
  });
});

/** Vector of W3C: what an authenticator of example.org answered, in hexadecimal. */
interface Vector {
  name: string;
  /** Name from which W3C derives the parts of its registration. */
  info: string;
  attestationObject: string;
  clientDataJSON: string;
  authenticatorData: string;
  signature: string;
}

const { vectors } = JSON.parse(readFileSync(new URL('./w3c-vectors.json', import.meta.url), 'utf8')) as {
  vectors: Vector[];
};
/** Vectors that are refused, and why. */
const refused: Record<string, string> = {
  'none-es256-crossOrigin': 'it was made in a frame of another site',
  'none-es256-topOrigin': 'it was made in a frame of another site',
  'packed-es384': 'Unexpected public key alg "-35", expected one of "-7, -8, -257"',
  'packed-es512': 'Unexpected public key alg "-36", expected one of "-7, -8, -257"',
};
const admitted = vectors.filter(({ name }) => !(name in refused));

/**
 * Derives the client data of a registration by the rule with which W3C made it: each random part is an HKDF of a number and the
 * name of the vector. That it is the right one is shown by the signatures of the attestations.
 */
function clientDataOf({ name, info }: Vector) {
  const part = (number: number, length: number) =>
    Buffer.from(hkdfSync('sha256', 'WebAuthn test vectors', Buffer.from([number]), info, length));
  const hasExtraData = (part(2, 1)[0] & 1) === 1;
  // Of ES512, the challenge is of the greatest length.
  const challenge = part(0, name === 'packed-es512' ? 128 : 32).toString('base64url');
  const clientData = {
    ...{ type: 'webauthn.create', challenge, origin: 'https://example.org' },
    crossOrigin: /crossOrigin|topOrigin/.test(info),
    ...(info.endsWith('topOrigin') && { topOrigin: 'https://example.com' }),
    ...(hasExtraData && {
      extraData: `clientDataJSON may be extended with additional fields in the future, such as this: ${part(3, 16).toString('base64url')}==`,
    }),
  };
  return { challenge, clientDataJSON: Buffer.from(JSON.stringify(clientData)) };
}

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();

/** Registers the passkey of a vector. */
function add(vector: Vector) {
  const attestationObject = Buffer.from(vector.attestationObject, 'hex');
  const { credentialID } = parseAuthenticatorData(decodeAttestationObject(attestationObject).get('authData'));
  const { challenge, clientDataJSON } = clientDataOf(vector);
  const registration = {
    ...{ id: Buffer.from(credentialID ?? []).toString('base64url'), transports: [], discoverable: null },
    clientDataJSON: clientDataJSON.toString('base64url'),
    attestationObject: attestationObject.toString('base64url'),
  };
  return verifyRegistration(registration, challenge, relyingParty, { userVerified: false });
}

async function sign(vector: Vector, publicKey: Buffer, userVerified: boolean) {
  const assertion = {
    ...{ id, userHandle: null, clientDataJSON: bytes(vector.clientDataJSON) },
    ...{ authenticatorData: bytes(vector.authenticatorData), signature: bytes(vector.signature) },
  };
  const challenge = readChallenge(assertion.clientDataJSON);
  return verifyAssertion(assertion, challenge, publicKey, relyingParty, { userVerified });
}

const keyOf = async (vector: Vector) => (await add(vector)).publicKey;

describe('the vectors of W3C', () => {
  it('are all there but Ed448, and both kinds of them', () => {
    expect(vectors).toHaveLength(14);
    expect(admitted).toHaveLength(10);
    expect(vectors.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(refused)));
  });

  it.each(
    vectors
      .filter(({ info }) => /^(packed|tpm|android-key|apple|fido-u2f)\./.test(info))
      .map((vector) => [vector.name, vector] as const),
  )('%s has attested the client data of its registration', (_, vector) => {
    const object = decodeAttestationObject(Buffer.from(vector.attestationObject, 'hex'));
    const statement = object.get('attStmt') as unknown as Map<string, Uint8Array | Uint8Array[]>;
    const part = (name: string) => Buffer.from((statement.get(name) as Uint8Array | undefined) ?? []);
    const [certificate] = (statement.get('x5c') as Uint8Array[]).map((one) => Buffer.from(one));
    const { publicKey } = new X509Certificate(certificate);
    const authData = Buffer.from(object.get('authData'));
    const clientDataHash = sha256(clientDataOf(vector).clientDataJSON);
    const signed = Buffer.concat([authData, clientDataHash]);
    const attested: Record<string, () => boolean> = {
      packed: () => verify('sha256', signed, publicKey, part('sig')),
      'android-key': () => verify('sha256', signed, publicKey, part('sig')),
      tpm: () => part('certInfo').includes(sha256(signed)),
      apple: () => certificate.includes(sha256(signed)),
      'fido-u2f'() {
        const { credentialID = [] } = parseAuthenticatorData(authData);
        // At the end of the data: the two coordinates, with a label of 3 bytes in between.
        const [x, y] = [authData.subarray(-67, -35), authData.subarray(-32)];
        const parts = [[0], authData.subarray(0, 32), clientDataHash, credentialID, [4], x, y];
        return verify('sha256', Buffer.concat(parts.map((one) => Buffer.from(one))), publicKey, part('sig'));
      },
    };
    expect(attested[object.get('fmt')]()).toBe(true);
  });

  it.each(admitted.map((vector) => [vector.name, vector] as const))('%s is accepted', async (_, vector) => {
    const publicKey = await keyOf(vector);
    const flags = Buffer.from(vector.authenticatorData, 'hex')[32];
    const [userVerified, backupEligible, backedUp] = [4, 8, 16].map((flag) => (flags & flag) !== 0);
    const state = { signCount: 0, userVerified, backupEligible, backedUp };
    expect(await sign(vector, publicKey, false)).toEqual(state);
    // Alone it is a way to sign in only if the user was verified.
    if (userVerified) expect(await sign(vector, publicKey, true)).toEqual(state);
    else await expect(sign(vector, publicKey, true)).rejects.toThrow(PasskeyRefusal);
  });

  it.each(admitted.map((vector) => [vector.name, vector] as const))(
    '%s is refused with one bit changed, or the key of another',
    async (_, vector) => {
      const publicKey = await keyOf(vector);
      for (const part of ['clientDataJSON', 'authenticatorData', 'signature'] as const) {
        const changed = Buffer.from(vector[part], 'hex');
        changed[changed.length - 2] ^= 1;
        await expect(sign({ ...vector, [part]: changed.toString('hex') }, publicKey, false)).rejects.toThrow(
          PasskeyRefusal,
        );
      }
      const other = admitted.find(({ name }) => name !== vector.name) as Vector;
      await expect(sign(vector, await keyOf(other), false)).rejects.toThrow(PasskeyRefusal);
    },
  );

  it.each(Object.entries(refused))('%s is refused: %s', async (name, reason) => {
    const vector = vectors.find((one) => one.name === name) as Vector;
    const registerAndSign = async () => sign(vector, (await add(vector)).publicKey, false);
    await expect(registerAndSign()).rejects.toThrow(PasskeyRefusal);
    await expect(registerAndSign()).rejects.toThrow(reason);
  });

  it('of Ed448 would be refused: neither its algorithm nor its curve was offered', async () => {
    const { x = '' } = generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' });
    const [es256] = vectors;
    const authData = Buffer.from(
      decodeAttestationObject(Buffer.from(es256.attestationObject, 'hex')).get('authData'),
    );
    // Up to the key: header of 37 bytes, model of 16, length of 2, id of 32.
    const head = authData.subarray(0, 37 + 16 + 2 + 32);
    for (const algorithm of [-53, -8]) {
      const key = new Map<number, number | Uint8Array>([
        [1, 1],
        [3, algorithm],
        [-1, 7],
        [-2, Buffer.from(x, 'base64url')],
      ]);
      const statement = new Map<string, string | Map<string, string> | Buffer>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', Buffer.concat([head, cbor(key)])],
      ]);
      const attestationObject = cbor(statement).toString('hex');
      await expect(add({ ...es256, attestationObject })).rejects.toThrow(PasskeyRefusal);
    }
  });
});
