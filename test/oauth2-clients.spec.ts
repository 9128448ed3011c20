import * as openid from 'openid-client';
import { ResourceOwnerPassword } from 'simple-oauth2';
import { expectRefusedForm } from './support/expect-problem.js';
import { ada, type Answer, TestService, type Tokens } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
  await service.signUp();
});
afterAll(() => service.stop());

const { username, password } = ada;
const me = async (token: unknown) => (await service.get('/users/me', String(token))).status;

describe('simple-oauth2', () => {
  /** It knows one URL for all tokens; it authenticates the client by Basic or in the form. */
  const client = (authorizationMethod: 'header' | 'body') =>
    new ResourceOwnerPassword({
      client: { id: 'any', secret: 'thing' },
      auth: {
        tokenHost: service.origin,
        tokenPath: `${service.prefix}/auth/login`,
        revokePath: `${service.prefix}/auth/revoke`,
      },
      options: { authorizationMethod },
    });

  it.each(['header', 'body'] as const)(
    'signs in, stays signed in and signs out, its client in the %s',
    async (at) => {
      const signedIn = await client(at).getToken({ username, password, scope: 'read write' });
      expect(await me(signedIn.token.access_token)).toBe(200);
      expect(signedIn.expired()).toBe(false);
      const refreshed = await signedIn.refresh({ scope: 'read' });
      expect(refreshed.token.refresh_token).not.toBe(signedIn.token.refresh_token);
      expect(await me(refreshed.token.access_token)).toBe(200);
      await refreshed.revokeAll();
      expect(await me(refreshed.token.access_token)).toBe(401);
      await expect(refreshed.refresh()).rejects.toMatchObject({
        output: { statusCode: 401 },
        data: { payload: { error: 'invalid_grant', type: '/problems/invalid-refresh-token' } },
      });
    },
  );

  it('is told of a wrong password', async () => {
    await expect(client('header').getToken({ username, password: 'wrong' })).rejects.toMatchObject({
      data: { payload: { error: 'invalid_grant', error_description: 'Incorrect username or password' } },
    });
  });
});

describe('openid-client', () => {
  it.each([
    ['no client authentication', openid.None()],
    ['Basic client authentication', openid.ClientSecretBasic('thing')],
    ['a client in the form', openid.ClientSecretPost('thing')],
  ])('signs in, stays signed in and signs out, with %s', async (_, authentication) => {
    const config = new openid.Configuration(
      {
        issuer: service.origin,
        token_endpoint: `${service.origin}${service.prefix}/auth/login`,
        revocation_endpoint: `${service.origin}${service.prefix}/auth/revoke`,
      },
      'any',
      undefined,
      authentication,
    );
    // oxlint-disable-next-line typescript/no-deprecated -- only so that it stands out: here is no TLS
    openid.allowInsecureRequests(config);
    const signedIn = await openid.genericGrantRequest(config, 'password', {
      username,
      password,
      scope: 'all',
    });
    expect(await me(signedIn.access_token)).toBe(200);
    expect(signedIn.expiresIn()).toBeGreaterThan(800);
    const refreshed = await openid.refreshTokenGrant(config, signedIn.refresh_token!);
    expect(await me(refreshed.access_token)).toBe(200);
    await openid.tokenRevocation(config, refreshed.refresh_token!, { token_type_hint: 'refresh_token' });
    expect(await me(refreshed.access_token)).toBe(401);

    // A 401 names a scheme (RFC 9110, 15.5.2), which this library looks at before the body.
    const refusal = await openid
      .refreshTokenGrant(config, refreshed.refresh_token!)
      .catch((error: unknown) => error as openid.WWWAuthenticateChallengeError);
    expect(refusal).toBeInstanceOf(openid.WWWAuthenticateChallengeError);
    const { response } = refusal as openid.WWWAuthenticateChallengeError;
    expect(await response.json()).toMatchObject({ error: 'invalid_grant' });
    await expect(openid.genericGrantRequest(config, 'client_credentials', {})).rejects.toMatchObject({
      error: 'unsupported_grant_type',
    });
  });
});

describe('a form', () => {
  const send = (path: string, fields: Record<string, string> | string): Promise<Answer> =>
    service.post(path, new URLSearchParams(fields));

  it('refreshes at the address of the sign-in and at its own, by the same rules as JSON', async () => {
    const { refresh_token } = await service.signIn();
    const first = await send('/auth/login', { grant_type: 'refresh_token', refresh_token });
    const second = await send('/auth/refresh', { refresh_token });
    const third = await service.post<Tokens>('/auth/refresh', { refresh_token });
    expect([first.status, second.status, third.status]).toEqual([200, 200, 200]);
    expect(second.body.refresh_token).toBe(first.body.refresh_token);
    expect(third.body.refresh_token).toBe(first.body.refresh_token);
    expect(first.headers.get('cache-control')).toBe('no-store');
  });

  it.each<[string, string, string, number, Parameters<typeof expectRefusedForm>[2], string]>([
    [
      'a wrong password',
      '/auth/login',
      'username=ada&password=x',
      401,
      'invalid-credentials',
      'invalid_grant',
    ],
    [
      'a forged refresh token',
      '/auth/refresh',
      'refresh_token=x',
      401,
      'invalid-refresh-token',
      'invalid_grant',
    ],
    [
      'the same at the other address',
      '/auth/login',
      'grant_type=refresh_token&refresh_token=x',
      401,
      'invalid-refresh-token',
      'invalid_grant',
    ],
    ['no refresh token', '/auth/login', 'grant_type=refresh_token', 422, 'invalid-input', 'invalid_request'],
    [
      'a repeated field',
      '/auth/refresh',
      'refresh_token=x&refresh_token=y',
      422,
      'invalid-input',
      'invalid_request',
    ],
    [
      'a password beside a refresh',
      '/auth/login',
      'grant_type=refresh_token&refresh_token=x&password=y',
      422,
      'invalid-input',
      'invalid_request',
    ],
    [
      'another grant',
      '/auth/login',
      'grant_type=urn:x&username=ada&password=x',
      422,
      'invalid-input',
      'unsupported_grant_type',
    ],
    [
      'the grant of another address',
      '/auth/refresh',
      'grant_type=password&refresh_token=x',
      422,
      'invalid-input',
      'unsupported_grant_type',
    ],
    [
      'no token to revoke',
      '/auth/revoke',
      'token_type_hint=refresh_token',
      422,
      'invalid-input',
      'invalid_request',
    ],
  ])(
    'with %s is refused as RFC 6749 has it, beside the problem',
    async (_, path, form, status, code, error) => {
      const answer = await send(path, form);
      expectRefusedForm(answer, status, code, error);
      expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    },
  );

  it('revokes, and says the same of a token that nobody knows', async () => {
    const { access_token, refresh_token } = await service.signIn();
    for (const token of ['unknown', refresh_token])
      expect(
        await send('/auth/revoke', { token, token_type_hint: 'access_token', client_id: 'x' }),
      ).toMatchObject({
        ...{ status: 200, body: {} },
      });
    expect(await me(access_token)).toBe(401);
  });

  it('leaves JSON as it was', async () => {
    const { refresh_token } = await service.signIn();
    const answer = await service.post('/auth/login', { grant_type: 'refresh_token', refresh_token });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).not.toHaveProperty('error');
    expect((await service.post('/auth/refresh', { grant_type: 'refresh_token', refresh_token })).status).toBe(
      422,
    );
  });
});
