import { createHmac, createSecretKey, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { AstraOptions } from '../../settings/astra-options.js';
import { AccessTokens } from './access-tokens.js';
import { kidOf } from './access-token-claims.js';
import { Keyring } from './keys/keyring.js';

const { jest } = import.meta;

const secretKey = 'a secret key for tests, of enough bytes';
const holder = {
  userId: randomUUID(),
  sessionId: randomUUID(),
  sessionGeneration: 4,
  role: 'user' as const,
  accessGeneration: 3,
};
const grant = { ...holder, methods: ['pwd'], proofAge: 0, ttl: 900 };

function makeTokens(options: Partial<AstraOptions> = {}): AccessTokens {
  const settings = new AuthSettings({ secretKey, ...options });
  return new AccessTokens(settings, new Keyring(settings), new JwtService());
}

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

/** Header and claims. */
const read = (token: string) => token.split('.').slice(0, 2).map(decode);

const tokens = makeTokens();
const [head, body] = read(tokens.issue(grant));
const now = () => Date.now() / 1000;

/** Signs as the service does. */
function sign(header: unknown, claims: unknown, key = secretKey): string {
  const data = `${encode(header)}.${encode(claims)}`;
  return `${data}.${createHmac('sha256', createSecretKey(Buffer.from(key)))
    .update(data)
    .digest('base64url')}`;
}

describe('an access token', () => {
  it('says for whom it is and for how long, and no more', () => {
    const issuedAt = now();
    const [header, claims] = read(makeTokens({ issuer: 'me', audience: 'you' }).issue({ ...grant, ttl: 60 }));
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: expect.stringMatching(/^[\w-]{12}$/) });
    expect(claims).toEqual({
      iss: 'me',
      aud: 'you',
      client_id: 'astra',
      sub: grant.userId,
      sid: grant.sessionId,
      role: 'user',
      gen: 3,
      auth_time: claims.iat,
      amr: ['pwd'],
      acr: 'aal1',
      jti: expect.stringMatching(/^4\.[0-9a-f-]{36}$/),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    expect(Math.abs(Number(claims.iat) - issuedAt)).toBeLessThan(2);
    expect(Number(claims.exp) - Number(claims.iat)).toBe(60);
  });

  it('is read as it was issued', () => {
    expect(tokens.verify(sign(head, body))).toEqual({
      ...{ ...holder, methods: ['pwd'], level: 'aal1', authenticatedAt: body.iat },
      ...{ issuedAt: body.iat, expiresAt: body.exp },
    });
  });

  it('of two factors says so, and when the second was used', () => {
    const [, claims] = read(tokens.issue({ ...grant, methods: ['pwd', 'otp'], proofAge: 100 }));
    expect(claims).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    expect(Number(claims.iat) - Number(claims.auth_time)).toBeGreaterThanOrEqual(99);
    expect(Number(claims.iat) - Number(claims.auth_time)).toBeLessThanOrEqual(101);
  });

  it.each([
    ['two', ['pwd', 'pwd']],
    ['unknown', ['x', 'otp']],
    ['no', []],
  ])('of %s methods of one kind is of one factor', (_, methods) => {
    expect(read(tokens.issue({ ...grant, methods }))[1]).toMatchObject({ amr: methods, acr: 'aal1' });
  });

  it('of a version without these claims is read as of one factor, long ago', () => {
    const { auth_time: _time, amr: _amr, acr: _acr, ...older } = body;
    expect(tokens.verify(sign(head, older))).toMatchObject({
      methods: [],
      level: 'aal1',
      authenticatedAt: null,
    });
  });

  it.each([
    ['0.x', 0],
    ['999999999.x', 999_999_999],
    ['9999999999.x', -1],
    ['another', -1],
    ['4', -1],
    ['-4.x', -1],
    [' 4.x', -1],
  ])('of the id %j is of generation %d of its session', (jti, sessionGeneration) => {
    expect(tokens.verify(sign(head, { ...body, jti }))).toMatchObject({ sessionGeneration });
  });

  it('is read although the clock of its issuer is ahead by up to 30 seconds', () => {
    expect(tokens.verify(sign(head, { ...body, iat: now() + 29 }))).not.toBeNull();
    expect(tokens.verify(sign(head, { ...body, iat: now() + 31 }))).toBeNull();
  });

  it('is read from the time that it names as its beginning, with the same allowance', () => {
    expect(tokens.verify(sign(head, { ...body, nbf: now() - 1 }))).not.toBeNull();
    expect(tokens.verify(sign(head, { ...body, nbf: now() + 29 }))).not.toBeNull();
    expect(tokens.verify(sign(head, { ...body, nbf: now() + 31 }))).toBeNull();
  });

  it('is over at the very moment that it names', () => {
    jest.useFakeTimers();
    expect(tokens.verify(sign(head, { ...body, exp: now() + 0.001 }))).not.toBeNull();
    expect(tokens.verify(sign(head, { ...body, exp: now() }))).toBeNull();
    expect(tokens.verify(sign(head, { ...body, iat: now() + 30 }))).not.toBeNull();
    jest.useRealTimers();
  });

  it.each<[string, unknown]>([
    ['typ', undefined],
    ['typ', 'JWT'],
    ['typ', 'AT+JWT'],
    ['alg', undefined],
    ['alg', 'none'],
    ['alg', 'HS512'],
    ['kid', undefined],
    ['kid', 17],
    ['kid', 'another'],
    ['crit', []],
    ['crit', ['exp']],
  ])('is refused with the header %s %j', (name, value) => {
    expect(tokens.verify(sign({ ...head, [name]: value }, body))).toBeNull();
  });

  it.each<[string, unknown]>([
    ['iss', undefined],
    ['iss', 'another'],
    ['aud', undefined],
    ['aud', ['astra']],
    ['sub', undefined],
    ['sub', 'ada'],
    ['sid', undefined],
    ['sid', '1'],
    ['jti', undefined],
    ['jti', 17],
    ['nbf', null],
    ['nbf', '0'],
    ['client_id', undefined],
    ['client_id', 17],
    ['role', undefined],
    ['role', ['admin']],
    ['exp', undefined],
    ['exp', '4000000000'],
    ['iat', undefined],
    ['iat', '0'],
    ['gen', undefined],
    ['gen', null],
    ['gen', '3'],
    ['gen', -1],
    ['gen', 0.5],
    ['gen', 2 ** 53],
    ['auth_time', null],
    ['auth_time', '0'],
    ['auth_time', 4e9],
    ['amr', null],
    ['amr', 'pwd'],
    ['amr', [17]],
    ['acr', null],
    ['acr', 'aal3'],
    ['acr', 2],
  ])('is refused with the claim %s %j', (name, value) => {
    expect(tokens.verify(sign(head, { ...body, [name]: value }))).toBeNull();
  });

  it.each([
    ['nothing', ''],
    ['one part', 'a'],
    ['two parts', sign(head, body).split('.').slice(0, 2).join('.')],
    ['four parts', `${sign(head, body)}.a`],
    ['an empty fourth part', `${sign(head, body)}.`],
    ['no header', sign(head, body).replace(/^[^.]+/, '')],
    ['no claims', sign(head, body).replace(/\.[^.]+\./, '..')],
    ['no signature', sign(head, body).replace(/[^.]+$/, '')],
    ['half a signature', sign(head, body).slice(0, -20)],
    ['the signature of another key', sign(head, body, `${secretKey}!`)],
    ['a header that is null', sign(null, body)],
    ['a header that is a list', sign([head], body)],
    ['claims that are a text', sign(head, 'claims')],
    ['claims that are null', sign(head, null)],
    ['claims that are a list', sign(head, [body])],
  ])('is none that has %s', (_, token) => {
    expect(tokens.verify(token)).toBeNull();
  });

  it('is read under the secret before this one, as long as that is named', () => {
    const token = sign(head, body);
    const next = 'the secret key that comes after it, of enough bytes';
    expect(makeTokens({ secretKey: next }).verify(token)).toBeNull();
    const both = makeTokens({ secretKey: next, previousSecretKeys: [secretKey] });
    expect(both.verify(token)).toMatchObject(holder);
    expect(kidOf(both.issue(grant))).not.toBe(head.kid);
    expect(kidOf(both.issue(grant))).toBe(kidOf(makeTokens({ secretKey: next }).issue(grant)));
  });
});

describe('the key that a token names', () => {
  it.each([
    ['a token', `${encode({ kid: 'mine' })}.e30.x`, 'mine'],
    ['a token whose key is no text', `${encode({ kid: 17 })}.e30.x`, undefined],
    ['nothing', '', undefined],
    ['what is no JSON', 'x.y.z', undefined],
    ['what is no object', `${encode(null)}.e30.x`, undefined],
  ])('is read of %s without a check', (_, token, kid) => {
    expect(kidOf(token)).toBe(kid);
  });
});
