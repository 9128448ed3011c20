import { DataSource } from 'typeorm';
import { EmailCodesService } from '../../src/auth/email-codes/email-codes.service.js';
import { SoftAuthenticator } from '../../src/testing/soft-authenticator.js';
import { age } from '../support/aged-session.js';
import { newKey } from '../support/api-key-holder.js';
import { totpCode } from '../support/authenticator.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { addApp, newAccount, newFactorHolder } from '../support/factor-holder.js';
import { decode } from '../support/forge.js';
import { MailService } from '../support/mail-service.js';
import { addPasskey, ORIGIN, passkeySignIn } from '../support/passkey-holder.js';
import { ProviderBrowser } from '../support/provider-browser.js';
import { CLIENT, TestIssuer } from '../support/test-issuer.js';
import type { Answer, TestService } from '../support/test-service.js';

const password = 'Analytical1';
// More is asked for than a mailbox may get.
const plenty = { hour: 1_000, day: 1_000 };

let issuer: TestIssuer;
let mail: MailService;
/** Codes are no way in by themselves here: sign-ins that have begun with a provider get them nevertheless. */
let service: TestService;
beforeAll(async () => {
  issuer = await TestIssuer.start();
  mail = await MailService.start({
    rateLimit: false,
    auth: {
      publicUrl: ORIGIN,
      // A squatter connects identities, and adds factors, only where no address has to be verified.
      emailVerification: 'off',
      mail: { budgets: { codes: plenty, notices: plenty, verifications: plenty } },
      providers: {
        acme: { ...CLIENT, issuer: issuer.url, title: 'Acme' },
        trusted: { ...CLIENT, issuer: issuer.url, satisfies: 'two-factors' },
      },
    },
  });
  ({ service } = mail);
});
afterAll(async () => {
  await mail.stop();
  await issuer.stop();
});
beforeEach(() => issuer.reset());

let people = 0;
const fresh = () => `person${++people}`;
const query = (sql: string, ...parameters: unknown[]) => service.database.query<any>(sql, parameters);
const go = (body: object) => service.post('/auth/login/continue', body);
const identitiesOf = (userId: string) =>
  query('SELECT subject FROM auth_identities WHERE user_id = $1 ORDER BY id', userId);

/** Short form of a problem that has members of its own. */
const shape = ({ status, body }: Answer) => `${status} ${String(body.type).slice(10)}`;

/** Signs in at the provider, as somebody whom it has verified an address of. */
async function arrive(email: string, claims: object = {}) {
  issuer.user = { sub: fresh(), email, email_verified: true, ...claims };
  const { body } = await new ProviderBrowser(service).signIn('acme');
  return { sub: issuer.user.sub as string, ...body };
}

/** Asks for a code, and reads it. */
async function codeFor(sign_in_token: string, to: string, named?: string): Promise<string> {
  const before = mail.received('email-code', to).length;
  const sent = await service.post('/auth/email-code', { sign_in_token, ...(named && { email: named }) });
  expect([sent.status, sent.body.sign_in_token]).toEqual([202, sign_in_token]);
  const { text = '' } = await mail.mail('email-code', to, before + 1);
  return /\b\d{4} \d{4}\b/.exec(text)?.[0] ?? '';
}

describe('an account with the address of an identity', () => {
  it('is proven by a code to its mailbox, and connected', async () => {
    const { userId, email } = await newAccount(service, fresh());
    const { sign_in_token, factors, sub } = await arrive(email);
    expect(factors).toEqual(['password', 'email_code']);
    const email_code = await codeFor(sign_in_token, email);
    expectProblem(await go({ sign_in_token, email_code: '00000000' }), 401, 'invalid-proof');
    const all = await Promise.all(Array.from({ length: 4 }, () => go({ sign_in_token, email_code })));
    expect(all.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    expect(await identitiesOf(userId)).toEqual([{ subject: sub }]);
    const known = await new ProviderBrowser(service).signIn('acme');
    expect(decode(known.body.access_token).claims.sub).toBe(userId);
  });

  it('is connected only after its second factor', async () => {
    const { userId, email, secret } = await newFactorHolder(service, fresh());
    const { sign_in_token, sub } = await arrive(email);
    const first = await go({ sign_in_token, email_code: await codeFor(sign_in_token, email) });
    expect(shape(first)).toBe('403 factor-required');
    expect(await identitiesOf(userId)).toEqual([]);
    const second = await go({ sign_in_token: first.body.sign_in_token, totp_code: totpCode(secret) });
    expect(second.status).toBe(200);
    expect(await identitiesOf(userId)).toEqual([{ subject: sub }]);
  });

  it('loses all that a squatter has left in it, if its address was never verified', async () => {
    const username = fresh();
    const email = `${username}@example.com`;
    const squatter = await service.signUp({ username, email, password });
    issuer.user = { sub: fresh() };
    const squatted = { ...issuer.user };
    const walked = await new ProviderBrowser(service).walk('acme', { linkAs: squatter.access_token });
    expect(walked).toEqual({ linked: 'acme' });
    const { secret, recoveryCodes } = await addApp(service, squatter.access_token);
    const key = await newKey(service, { token: squatter.access_token });
    expect((await service.get('/users/me', key.token)).status).toBe(200);
    const browser = new ProviderBrowser(service);
    const pending = await service.post('/auth/login', { username, password });
    const ticket = await browser.walk('acme');

    const { sign_in_token, factors, sub } = await arrive(email);
    expect(factors).toEqual(['email_code']);
    const email_code = await codeFor(sign_in_token, email);
    const { status, body } = await go({ sign_in_token, email_code });
    expect(status).toBe(200);
    const me = await service.get('/users/me', body.access_token);
    expect(me.body).toMatchObject({ id: squatter.id, email_verified: true });
    expect(await identitiesOf(squatter.id)).toEqual([{ subject: sub }]);

    expect((await service.get('/users/me', squatter.access_token)).status).toBe(401);
    expect((await service.get('/users/me', key.token)).status).toBe(401);
    const { refresh_token } = squatter;
    expect((await service.post('/auth/refresh', { refresh_token })).status).toBe(401);
    expect((await service.post('/auth/login', { username, password })).status).toBe(401);
    const left = { sign_in_token: pending.body.sign_in_token };
    expect((await go({ ...left, totp_code: totpCode(secret) })).status).toBe(401);
    expect((await go({ ...left, recovery_code: recoveryCodes[0] })).status).toBe(401);
    // The squatter's identity is that of a stranger again, also for a sign-in that had begun.
    expect((await browser.redeem(ticket.sign_in_token)).status).toBe(403);
    issuer.user = squatted;
    expect(shape(await new ProviderBrowser(service).signIn('acme'))).toBe('403 registration-required');
  });

  it('loses it by a reset of the password as well, which proves the mailbox for the first time', async () => {
    const username = fresh();
    const email = `${username}@example.com`;
    const squatter = await service.signUp({ username, email, password });
    issuer.user = { sub: fresh() };
    const walked = await new ProviderBrowser(service).walk('acme', { linkAs: squatter.access_token });
    expect(walked).toEqual({ linked: 'acme' });
    const { access_token } = squatter;
    const authenticator = new SoftAuthenticator({ origin: ORIGIN });
    await addPasskey(service, { access_token, authenticator });
    await addApp(service, access_token);

    const new_password = 'Nanosecond30cm';
    const forget = async () => {
      await service.post('/auth/password/forgot', { email });
      await mail.settled();
      const { text = '' } = mail.received('reset-password', email).at(-1) ?? {};
      const [, token] = /#token=(\S+)/.exec(text) ?? [];
      return service.post('/auth/password/reset', { token, new_password });
    };
    expect((await forget()).status).toBe(204);
    expect(await identitiesOf(squatter.id)).toEqual([]);
    expect((await passkeySignIn(service, authenticator)).status).toBe(401);
    expect((await service.get('/users/me', access_token)).status).toBe(401);
    const owner = await service.signIn({ username, password: new_password });
    expect((await service.get('/users/me', owner.access_token)).body).toMatchObject({
      ...{ email_verified: true, factors: [] },
    });

    // From now on the address is verified, so that a reset bypasses no factor.
    await addApp(service, owner.access_token);
    expect((await forget()).status).toBe(204);
    expect(shape(await service.post('/auth/login', { username, password: new_password }))).toBe(
      '403 factor-required',
    );
  });

  it('gets no code for a sign-in that too many wrong proofs have ended', async () => {
    const { username, email } = await newAccount(service, fresh());
    const { sign_in_token } = await arrive(email);
    for (let i = 0; i < 5; i++)
      expect(shape(await go({ sign_in_token, password: 'Wrong1234' }))).toBe('401 invalid-proof');
    expect(shape(await go({ sign_in_token, password }))).toBe('401 invalid-sign-in');
    const sent = await service.post('/auth/email-code', { sign_in_token });
    expect(shape(sent)).toBe('401 invalid-sign-in');
    await mail.settled();
    expect([username, mail.received('email-code', email)]).toEqual([username, []]);
  });

  it('gets no further code for a sign-in after five wrong ones', async () => {
    const { email } = await newAccount(service, fresh());
    const { sign_in_token } = await arrive(email);
    const right = await codeFor(sign_in_token, email);
    const email_code = right.startsWith('0') ? '11111111' : '00000000';
    for (let i = 0; i < 5; i++)
      expect(shape(await go({ sign_in_token, email_code }))).toBe('401 invalid-proof');
    expect(shape(await service.post('/auth/email-code', { sign_in_token }))).toBe('401 invalid-sign-in');
    await mail.settled();
    expect(mail.received('email-code', email)).toHaveLength(1);
  });

  it('gets no code while it is inactive', async () => {
    const { userId, email } = await newAccount(service, fresh());
    await query('UPDATE auth_users SET is_active = false WHERE id = $1', userId);
    const { sign_in_token } = await arrive(email);
    expect((await service.post('/auth/email-code', { sign_in_token })).status).toBe(202);
    await mail.settled();
    expect(mail.received('email-code', email)).toEqual([]);
    expectProblem(await go({ sign_in_token, email_code: '12345678' }), 401, 'invalid-proof');
  });

  it('is not proven by a code after it has got another address', async () => {
    const { userId, email } = await newAccount(service, fresh());
    const { sign_in_token } = await arrive(email);
    const email_code = await codeFor(sign_in_token, email);
    await query(`UPDATE auth_users SET email = 'moved' || email WHERE id = $1`, userId);
    expect((await go({ sign_in_token, email_code })).status).toBe(401);
    expect(await identitiesOf(userId)).toEqual([]);
  });

  it('is proven by a passkey that verifies its user, with options for this sign-in alone', async () => {
    const { userId, email, access_token } = await newAccount(service, fresh());
    const authenticator = new SoftAuthenticator({ origin: ORIGIN });
    await addPasskey(service, { access_token, authenticator });
    const { sign_in_token, factors, passkey_options, sub } = await arrive(email);
    expect(factors).toEqual(['password', 'passkey', 'email_code']);
    expect(passkey_options.userVerification).toBe('required');
    const { body: elsewhere } = await service.post('/auth/passkeys/options');
    const stranger = new SoftAuthenticator({ origin: ORIGIN });
    await addPasskey(service, { ...(await newAccount(service, fresh())), authenticator: stranger });
    for (const passkey of [
      authenticator.get(elsewhere),
      stranger.get({ ...passkey_options, allowCredentials: undefined }),
    ])
      expectProblem(await go({ sign_in_token, passkey }), 401, 'invalid-proof');

    const passkey = authenticator.get(passkey_options);
    const { status, body } = await go({ sign_in_token, passkey });
    expect(status).toBe(200);
    expect(decode(body.access_token).claims).toMatchObject({ sub: userId, acr: 'aal2' });
    expect(await identitiesOf(userId)).toEqual([{ subject: sub }]);
    expectProblem(await go({ sign_in_token, passkey }), 401, 'invalid-sign-in');
  });
});

describe('a user whom the provider has verified no address of', () => {
  const nameless = async () => {
    const arrived = await arrive('', { email: undefined });
    expect(arrived.needs).toEqual(['email']);
    return arrived.sign_in_token as string;
  };

  it('names one, confirms it with a code, and gets an account', async () => {
    const sign_in_token = await nameless();
    const email = `${fresh()}@example.com`;
    const email_code = await codeFor(sign_in_token, email, email);
    const all = await Promise.all(Array.from({ length: 3 }, () => go({ sign_in_token, email_code })));
    expect(all.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    const signedIn = all.find(({ status }) => status === 200)!;
    const me = await service.get('/users/me', signedIn.body.access_token);
    expect(me.body).toMatchObject({ email, username: email.split('@')[0], email_verified: true });
    const { body } = await service.get('/users/me/identities', signedIn.body.access_token);
    expect(body.items).toMatchObject([{ provider: 'acme', email: null }]);
    expect((await new ProviderBrowser(service).signIn('acme')).status).toBe(200);
  });

  it('chooses a username as well where that of the address is taken', async () => {
    const { username } = await newAccount(service, fresh());
    const sign_in_token = await nameless();
    const email = `${username}@elsewhere.example`;
    const answer = await go({ sign_in_token, email_code: await codeFor(sign_in_token, email, email) });
    expect(shape(answer)).toBe('403 registration-required');
    expect(answer.body.needs).toEqual(['username']);
    const named = await go({ sign_in_token: answer.body.sign_in_token, username: fresh() });
    expect((await service.get('/users/me', named.body.access_token)).body.email).toBe(email);
  });

  it('is answered alike whether or not an account has the address, which the code then proves', async () => {
    const { userId, email } = await newAccount(service, fresh());
    const sign_in_token = await nameless();
    const answers = [];
    for (const named of [`${fresh()}@example.com`, email]) {
      const { status, body } = await service.post('/auth/email-code', { sign_in_token, email: named });
      answers.push([status, { ...body, expires_in: 0 }]);
    }
    expect(answers[0]).toEqual(answers[1]);
    const { text = '' } = await mail.mail('email-code', email);
    const email_code = /\b\d{4} \d{4}\b/.exec(text)?.[0];
    const { body } = await go({ sign_in_token, email_code });
    expect(decode(body.access_token).claims.sub).toBe(userId);
    expect(await identitiesOf(userId)).toHaveLength(1);
  });

  it('names another address, and the code to the first one is worth nothing', async () => {
    const sign_in_token = await nameless();
    const [first, second] = [`${fresh()}@example.com`, `${fresh()}@example.com`];
    const code = await codeFor(sign_in_token, first, first);
    await codeFor(sign_in_token, second, second);
    expectProblem(await go({ sign_in_token, email_code: code }), 401, 'invalid-proof');
  });

  it('gets no code for the first address once another one is named, even if its message is late', async () => {
    const codes = service.app.get(EmailCodesService, { strict: false });
    const binding = { purpose: 'continue', token: await nameless() } as const;
    const [first, second] = [`${fresh()}@example.com`, `${fresh()}@example.com`];
    await service.app.get(DataSource).transaction(async (tx) => {
      await codes.open(binding, first, tx);
      const tokenHash = await codes.open(binding, second, tx);
      if (!tokenHash) throw new Error('The request was not stored');
      expect(await codes.issue(tokenHash, { id: null, email: first }, tx)).toBeNull();
      expect(await codes.issue(tokenHash, { id: null, email: second }, tx)).not.toBeNull();
    });
  });
});

describe('a provider that asks for two factors', () => {
  it.each([
    ['trusted', { amr: ['pwd', 'mfa'] }, 200],
    ['trusted', { acr: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor' }, 200],
    ['trusted', { amr: ['pwd', 'otp'] }, 403],
    ['trusted', { amr: 'mfa' }, 403],
    ['acme', { amr: ['mfa'], acr: 'phr' }, 403],
  ])('%s, which says %j, is answered %i for an account with a factor', async (provider, claims, expected) => {
    const { userId } = await newFactorHolder(service, fresh());
    await query(
      `INSERT INTO auth_identities (id, user_id, provider, issuer, subject, created_at)
       VALUES (gen_random_uuid(), $1::uuid, 'acme', $2, $1::text, now())`,
      ...[userId, issuer.url],
    );
    issuer.user = { sub: userId, ...claims };
    const { status, body } = await new ProviderBrowser(service).signIn(provider);
    expect(status).toBe(expected);
    if (status === 200) {
      const token = decode(body.access_token).claims;
      expect(token).toMatchObject({ acr: 'aal2', amr: ['fed', 'mfa'] });
    }
  });
});

describe('a signed-in user', () => {
  /** Somebody with an identity as the only way in. */
  async function member() {
    const { access_token } = await arrive(`${fresh()}@example.com`);
    return { access_token, userId: decode(access_token).claims.sub as string, identity: { ...issuer.user } };
  }

  /** Signs in at the provider again, and returns what the app then has. */
  async function ticket(user: object, { again = true } = {}) {
    issuer.user = { ...user };
    const browser = new ProviderBrowser(service);
    const { sign_in_token } = await browser.walk('acme', { again });
    return { sign_in_token, code_verifier: browser.verifier };
  }

  it('confirms the identity at a provider, once', async () => {
    const { access_token, userId, identity } = await member();
    const options = await service.post('/users/me/reauthenticate/options', undefined, access_token);
    expect(options.body).toMatchObject({ factors: [], providers: ['acme'] });
    await age(service, userId, 3_600);
    const confirm = (body: object) => service.post('/users/me/reauthenticate', body, access_token);
    const exportOnce = () => service.get('/users/me/export', access_token);
    expectProblem(await exportOnce(), 401, 'reauthentication-required');
    const proof = await ticket(identity);
    expectInvalid(await confirm({ code_verifier: proof.code_verifier }), [
      'body.sign_in_token',
      'value_error',
    ]);
    expectProblem(await confirm({ ...proof, code_verifier: 'a'.repeat(43) }), 401, 'invalid-proof');
    expect((await confirm(proof)).status).toBe(200);
    expectProblem(await confirm(proof), 401, 'invalid-proof');
    expect((await exportOnce()).status).toBe(200);
  });

  it('confirms nothing with the identity of somebody else, or of nobody', async () => {
    const { access_token } = await member();
    const other = await member();
    for (const user of [other.identity, { sub: fresh() }]) {
      const answer = await service.post('/users/me/reauthenticate', await ticket(user), access_token);
      expectProblem(answer, 401, 'invalid-proof');
    }
  });

  it('confirms nothing with a sign-in at the provider that may be an old one', async () => {
    const { access_token, identity } = await member();
    const usual = await ticket(identity, { again: false });
    expectProblem(await service.post('/users/me/reauthenticate', usual, access_token), 401, 'invalid-proof');
    // Nor with an old one that the provider takes for a new one, or where it does not say.
    const now = Math.floor(Date.now() / 1000);
    for (const auth_time of [now - 60, now + 60, String(now), null, undefined]) {
      issuer.instead = { claims: { auth_time } };
      const answered = await new ProviderBrowser(service).walk('acme', { again: true });
      expect([auth_time, answered]).toEqual([auth_time, { error: 'invalid-id-token' }]);
    }
    // Within the difference of clocks that is tolerated.
    issuer.instead = { claims: { auth_time: now - 15 } };
    const proof = await ticket(identity);
    expect((await service.post('/users/me/reauthenticate', proof, access_token)).status).toBe(200);
  });

  it('signs in with an old sign-in at the provider all the same', async () => {
    const { identity } = await member();
    issuer.user = identity;
    issuer.instead = { claims: { auth_time: 1 } };
    expect((await new ProviderBrowser(service).signIn('acme')).status).toBe(200);
  });

  it('finds the identity in the export, and an admin its provider, but not its subject', async () => {
    const { access_token, userId, identity } = await member();
    const { body } = await service.get('/users/me/export', access_token);
    expect(body.identities).toMatchObject([{ provider: 'acme', issuer: issuer.url, subject: identity.sub }]);
    const admin = await newAccount(service, fresh());
    await query(`UPDATE auth_users SET role = 'admin' WHERE id = $1`, admin.userId);
    const { access_token: token } = await service.signIn({ username: admin.username, password });
    const shown = await service.get(`/admin/users/${userId}`, token);
    expect(shown.body.identities).toEqual(['acme']);
    expect(JSON.stringify(shown.body)).not.toContain(identity.sub);
  });
});

describe('an answer of a provider that is refused', () => {
  it('is recorded with its provider and the problem', async () => {
    issuer.user = { sub: fresh() };
    issuer.instead = { claims: { aud: 'somebody-else' } };
    expect(await new ProviderBrowser(service).walk('acme')).toEqual({ error: 'invalid-id-token' });
    const [{ data }] = await query(
      `SELECT data FROM auth_audit_events WHERE type = 'authn_login_fail' ORDER BY id DESC LIMIT 1`,
    );
    expect(data).toEqual({
      ...{ reason: 'refused_provider_answer', provider: 'acme', problem: 'invalid-id-token' },
    });
  });
});
