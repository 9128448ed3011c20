import { type PasskeyAlgorithm, SoftAuthenticator } from '../../src/testing/index.js';
import { addPasskey, newHolder, ORIGIN, passkeySignIn } from '../support/passkey-holder.js';
import { expectProblem } from '../support/expect-problem.js';
import { type Answer, TestService } from '../support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as Record<string, unknown>;

describe('a passkey', () => {
  it.each<PasskeyAlgorithm>(['ES256', 'EdDSA', 'RS256'])(
    'of %s signs in as two factors',
    async (algorithm) => {
      const holder = await newHolder(service, { algorithm });
      await addPasskey(service, holder);
      const { status, body } = await passkeySignIn(service, holder.authenticator);
      expect(status).toBe(200);
      expect((await service.get('/users/me', body.access_token)).body.id).toBe(holder.id);
      expect(claimsOf(body.access_token)).toMatchObject({ acr: 'aal2' });
      expect(claimsOf(body.access_token).amr).toEqual(expect.arrayContaining(['swk', 'user', 'mfa']));
    },
  );

  it('of a device that does not sync is bound to hardware', async () => {
    const holder = await newHolder(service, { synced: false });
    await addPasskey(service, holder);
    const { body } = await passkeySignIn(service, holder.authenticator);
    expect(claimsOf(body.access_token).amr).toEqual(expect.arrayContaining(['hwk', 'user', 'mfa']));
  });

  it('is shown with what is known of its authenticator, and renamed', async () => {
    const aaguid = 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4';
    const holder = await newHolder(service, { aaguid });
    const id = await addPasskey(service, holder);
    await addPasskey(service, holder, '  My phone ');
    const { body } = await service.get('/users/me/passkeys?limit=1', holder.access_token);
    expect(body).toEqual({
      items: [
        {
          id: expect.any(String),
          name: 'My phone',
          authenticator: 'Google Password Manager',
          created_at: expect.stringMatching(/Z$/),
          last_used_at: null,
          backed_up: true,
          discoverable: true,
        },
      ],
      next_cursor: expect.any(String),
      total: 2,
      total_is_estimate: false,
      rp_id: 'localhost',
      user_handle: Buffer.from(holder.id.replaceAll('-', ''), 'hex').toString('base64url'),
      credential_ids: holder.authenticator.passkeys.map((passkey) => passkey.id),
    });
    const second = await service.get(
      `/users/me/passkeys?limit=1&cursor=${body.next_cursor}`,
      holder.access_token,
    );
    expect(second.body.items).toMatchObject([{ id, name: 'Google Password Manager' }]);

    const renamed = await service.patch(`/users/me/passkeys/${id}`, { name: 'Work' }, holder.access_token);
    expect(renamed.body).toMatchObject({ id, name: 'Work' });
    for (const name of ['', ' ', 'a\nb', 'x'.repeat(81), 5, null])
      expect((await service.patch(`/users/me/passkeys/${id}`, { name }, holder.access_token)).status).toBe(
        422,
      );
  });

  it('belongs to its user only', async () => {
    const holder = await newHolder(service);
    const id = await addPasskey(service, holder);
    const other = await newHolder(service);
    await addPasskey(service, other);
    const path = `/users/me/passkeys/${id}`;
    expect((await service.patch(path, { name: 'Mine' }, other.access_token)).status).toBe(404);
    expect((await service.delete(path, other.access_token)).status).toBe(404);
    expect((await service.get('/users/me/passkeys', other.access_token)).body.total).toBe(1);
  });

  it('is added only after the email address was verified', async () => {
    const { access_token } = await service.signUp({
      username: 'unverified',
      email: 'unverified@example.com',
    });
    const answer = await service.post('/users/me/passkeys/options', undefined, access_token);
    expectProblem(answer, 403, 'email-not-verified');
  });

  it('cannot be the twenty-first', async () => {
    const holder = await newHolder(service);
    const options = await service.post('/users/me/passkeys/options', undefined, holder.access_token);
    for (let i = 0; i < 20; i++) await addPasskey(service, holder);
    const passkey = holder.authenticator.create(options.body);
    expectProblem(
      await service.post('/users/me/passkeys', { passkey }, holder.access_token),
      409,
      'too-many-passkeys',
    );
    expectProblem(
      await service.post('/users/me/passkeys/options', undefined, holder.access_token),
      409,
      'too-many-passkeys',
    );
  });

  it('is added and removed by a recent sign-in only', async () => {
    const holder = await newHolder(service);
    const id = await addPasskey(service, holder);
    await service.database.query(
      `UPDATE auth_sessions SET authenticated_at = now() - interval '301 s', second_factor_at = NULL WHERE user_id = $1`,
      [holder.id],
    );
    const { body } = await service.post('/auth/refresh', { refresh_token: holder.refresh_token });
    const old = await TestService.start({ on: service.database });
    for (const [method, path] of [
      ['POST', '/users/me/passkeys/options'],
      ['DELETE', `/users/me/passkeys/${id}`],
    ]) {
      const answer = await old.request(method, path, { token: body.access_token });
      expectProblem(answer, 401, 'reauthentication-required');
    }
    await old.stop();
  });

  it('ends the other sessions when it is removed, and is told to its user', async () => {
    const holder = await newHolder(service);
    const id = await addPasskey(service, holder);
    const { body } = await passkeySignIn(service, holder.authenticator);
    expect((await service.delete(`/users/me/passkeys/${id}`, holder.access_token)).status).toBe(204);
    expect((await service.get('/users/me', body.access_token)).status).toBe(401);
    expect((await service.get('/users/me', holder.access_token)).status).toBe(200);
    expectProblem(await passkeySignIn(service, holder.authenticator), 401, 'unknown-passkey');
    const events = await service.get('/users/me/events', holder.access_token);
    const types = events.body.items.map(({ type }: { type: string }) => type);
    expect(types).toEqual(expect.arrayContaining(['authn_passkey_added', 'authn_passkey_removed']));
  });
});

describe('the last way to sign in', () => {
  it('is kept', async () => {
    const holder = await newHolder(service);
    const id = await addPasskey(service, holder);
    await service.database.query('UPDATE auth_users SET hashed_password = NULL WHERE id = $1', [holder.id]);
    const answer = await service.delete(`/users/me/passkeys/${id}`, holder.access_token);
    expectProblem(answer, 409, 'last-sign-in-method');
    expect((await passkeySignIn(service, holder.authenticator)).status).toBe(200);
  });

  it('is kept, if the other passkey cannot replace a password', async () => {
    const holder = await newHolder(service);
    const id = await addPasskey(service, holder);
    await addPasskey(service, {
      ...holder,
      authenticator: new SoftAuthenticator({ origin: ORIGIN, verifiesUser: false }),
    });
    await service.database.query('UPDATE auth_users SET hashed_password = NULL WHERE id = $1', [holder.id]);
    const answer = await service.delete(`/users/me/passkeys/${id}`, holder.access_token);
    expectProblem(answer, 409, 'last-sign-in-method');
  });

  it('is kept, if two are removed at once', async () => {
    for (let round = 0; round < 5; round++) {
      const holder = await newHolder(service);
      const ids = [await addPasskey(service, holder), await addPasskey(service, holder)];
      await service.database.query('UPDATE auth_users SET hashed_password = NULL WHERE id = $1', [holder.id]);
      const answers = await Promise.all(
        ids.map((id) => service.delete(`/users/me/passkeys/${id}`, holder.access_token)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    }
  });

  it('cannot be a passkey without a PIN', async () => {
    const holder = await newHolder(service, { verifiesUser: false });
    await service.database.query('UPDATE auth_users SET hashed_password = NULL WHERE id = $1', [holder.id]);
    const { body } = await service.post('/users/me/passkeys/options', undefined, holder.access_token);
    expect(body.authenticatorSelection.userVerification).toBe('required');
    const passkey = holder.authenticator.create(body);
    const answer = await service.post('/users/me/passkeys', { passkey }, holder.access_token);
    expect(answer.body.errors).toMatchObject([{ loc: ['body', 'passkey'], code: 'passkey_invalid' }]);
  });
});

describe('options', () => {
  it('are the same for everyone but the challenge, and leave no row', async () => {
    const rows = () =>
      service.database.query(
        `SELECT relname, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', oid::regclass),
                false, true, '')))[1]::text AS n FROM pg_class WHERE relkind = 'r' AND relname LIKE 'auth\\_%' ORDER BY 1`,
      );
    const before = await rows();
    const all: Answer[] = [];
    for (let i = 0; i < 20; i++)
      all.push(
        ...(await Promise.all(Array.from({ length: 50 }, () => service.post('/auth/passkeys/options')))),
      );
    const shown = new Set(all.map(({ body }) => JSON.stringify({ ...body, challenge: undefined })));
    expect([...shown]).toEqual([
      JSON.stringify({ timeout: 300_000, rpId: 'localhost', userVerification: 'required' }),
    ]);
    expect(new Set(all.map(({ body }) => body.challenge)).size).toBe(1_000);
    expect(before.length).toBeGreaterThan(10);
    expect(await rows()).toEqual(before);
  });

  it('ask for what is verified, and exclude the passkeys that exist', async () => {
    const holder = await newHolder(service);
    await addPasskey(service, holder);
    const { body } = await service.post('/users/me/passkeys/options', undefined, holder.access_token);
    expect(body).toEqual({
      rp: { id: 'localhost', name: expect.any(String) },
      user: { id: expect.any(String), name: holder.username, displayName: holder.username },
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      timeout: 300_000,
      excludeCredentials: [
        { id: holder.authenticator.passkeys[0].id, type: 'public-key', transports: ['hybrid', 'internal'] },
      ],
      authenticatorSelection: {
        residentKey: 'preferred',
        requireResidentKey: false,
        userVerification: 'preferred',
      },
      attestation: 'none',
      extensions: { credProps: true },
    });
  });
});
