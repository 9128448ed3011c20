import { totpCode } from '../support/authenticator.js';
import { addApp } from '../support/factor-holder.js';
import { ProviderBrowser } from '../support/provider-browser.js';
import { CLIENT, TestIssuer } from '../support/test-issuer.js';
import { type Answer, TestService } from '../support/test-service.js';

const password = 'Analytical1';
let issuer: TestIssuer;
let other: TestIssuer;
let service: TestService;
/** Service on the same database that is content with two verified addresses. */
let content: TestService;
/** Service on the same database where nobody can register. */
let closed: TestService;
beforeAll(async () => {
  [issuer, other] = [await TestIssuer.start(), await TestIssuer.start()];
  const providers = {
    acme: { ...CLIENT, issuer: issuer.url },
    other: { ...CLIENT, issuer: other.url },
  };
  service = await TestService.start({ auth: { providers } });
  content = await TestService.start({ on: service.database, auth: { providers, linking: 'verified' } });
  closed = await TestService.start({
    on: service.database,
    auth: { providers, features: { registration: false } },
  });
});
afterAll(async () => {
  for (const one of [content, closed, service, issuer, other]) await one.stop();
});

let people = 0;
const query = (sql: string, ...parameters: unknown[]) => service.database.query<any>(sql, parameters);

/** Account with an address that an identity may have as well. */
interface Account {
  id: string;
  username: string;
  email: string;
  access_token: string;
  refresh_token: string;
  secret?: string;
}

/** Kinds of accounts. Each is the only one with its address; `null` is no account. */
const accounts: Record<string, (email: string) => Promise<Account | null>> = {
  none: () => Promise.resolve(null),
  verified: async (email) => {
    const account = await unverified(email);
    await query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', account.id);
    return account;
  },
  unverified,
  inactive: async (email) => {
    const account = await unverified(email);
    await query(
      'UPDATE auth_users SET email_verified_at = now(), is_active = false WHERE id = $1',
      account.id,
    );
    return account;
  },
  deleted: async (email) => {
    const account = await unverified(email);
    await query('UPDATE auth_users SET deleted_at = now() WHERE id = $1', account.id);
    return account;
  },
  'with a factor': async (email) => {
    const account = await unverified(email);
    await query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', account.id);
    const { access_token } = await service.signIn({ username: account.username, password });
    return { ...account, ...(await addApp(service, access_token)) };
  },
};

async function unverified(email: string): Promise<Account> {
  const username = `account${people}`;
  return { ...(await service.signUp({ username, email, password })), username, email };
}

/** Short form of an answer. */
function shape({ status, body }: Answer): string {
  const more = [...(body.factors ?? []), ...(body.needs ?? [])].join();
  return status === 200 ? 'signed in' : `${status} ${String(body.type).slice(10)}${more && ` ${more}`}`;
}

const linkable = '403 account-link-required password,email_code';

describe('a user of a provider', () => {
  it.each<[string, 'known' | 'verified' | 'unverified' | 'no', string]>([
    ['none', 'known', 'signed in'],
    ['verified', 'known', 'signed in'],
    ['unverified', 'known', 'signed in'],
    ['inactive', 'known', '403 inactive-user'],
    ['deleted', 'known', 'signed in'],
    ['with a factor', 'known', '403 factor-required totp,recovery_code'],
    ['none', 'verified', 'signed in'],
    ['verified', 'verified', linkable],
    ['unverified', 'verified', '403 account-link-required email_code'],
    ['inactive', 'verified', linkable],
    ['deleted', 'verified', 'signed in'],
    ['with a factor', 'verified', linkable],
    ...['none', 'verified', 'unverified', 'inactive', 'deleted', 'with a factor'].flatMap((kind) =>
      (['unverified', 'no'] as const).map(
        (address) => [kind, address, '403 registration-required email'] as [string, typeof address, string],
      ),
    ),
  ])('account %s, %s address: %s', async (kind, address, expected) => {
    const email = `person${++people}@example.com`;
    const account = await accounts[kind](email);
    const sub = `subject${people}`;
    issuer.user = {
      sub,
      ...(address !== 'no' && { email, email_verified: address !== 'unverified' }),
    };
    if (address === 'known' && account && kind !== 'deleted')
      await query(
        `INSERT INTO auth_identities (id, user_id, provider, issuer, subject, created_at)
         VALUES (gen_random_uuid(), $1, 'acme', $2, $3, now())`,
        ...[account.id, issuer.url, sub],
      );
    const answer = await new ProviderBrowser(service).signIn('acme');
    expect(shape(answer)).toBe(expected);
    const [{ count }] = await query('SELECT count(*)::int FROM auth_identities WHERE subject = $1', sub);
    expect(count).toBe(address === 'known' || expected === 'signed in' ? 1 : 0);
  });

  it('gets no account where registration is closed', async () => {
    issuer.user = { sub: `subject${++people}`, email: `person${people}@example.com`, email_verified: true };
    expect(shape(await new ProviderBrowser(closed).signIn('acme'))).toBe('403 registration-closed');
  });

  it.each([
    ['verified', 'signed in'],
    ['unverified', '403 account-link-required email_code'],
    ['inactive', linkable],
    ['with a factor', '403 factor-required totp,recovery_code'],
  ])(
    'is connected at once to an account that is %s, if the operator is content: %s',
    async (kind, expected) => {
      const email = `person${++people}@example.com`;
      const account = await accounts[kind](email);
      issuer.user = { sub: `subject${people}`, email, email_verified: true };
      expect(shape(await new ProviderBrowser(content).signIn('acme'))).toBe(expected);
      const linked = await query(
        'SELECT user_id FROM auth_identities WHERE subject = $1',
        `subject${people}`,
      );
      expect(linked).toEqual(/signed in|factor/.test(expected) ? [{ user_id: account?.id }] : []);
    },
  );
});

describe('an account with the same address', () => {
  /** Arrives at the point where the account has to be proven. */
  async function arrive(kind: string) {
    const email = `person${++people}@example.com`;
    const account = (await accounts[kind](email)) as Account;
    issuer.user = { sub: `subject${people}`, email, email_verified: true };
    const { body } = await new ProviderBrowser(service).signIn('acme');
    const identities = () => query('SELECT user_id FROM auth_identities WHERE subject = $1', issuer.user.sub);
    return { account, sign_in_token: body.sign_in_token as string, identities };
  }
  const prove = (body: object) => service.post('/auth/login/continue', body);

  it('is proven by its password, and connected', async () => {
    const { account, sign_in_token, identities } = await arrive('verified');
    const { status, body } = await prove({ sign_in_token, password });
    expect(status).toBe(200);
    expect((await service.get('/users/me', body.access_token)).body.id).toBe(account.id);
    expect(await identities()).toEqual([{ user_id: account.id }]);
    expect(shape(await prove({ sign_in_token, password }))).toBe('401 invalid-sign-in');
    expect(shape(await new ProviderBrowser(service).signIn('acme'))).toBe('signed in');
  });

  it('is connected only after its second factor', async () => {
    const { account, sign_in_token, identities } = await arrive('with a factor');
    const first = await prove({ sign_in_token, password });
    expect(shape(first)).toBe('403 factor-required totp,recovery_code');
    expect(await identities()).toEqual([]);
    const code = totpCode(account.secret as string, 1);
    const second = await prove({ sign_in_token: first.body.sign_in_token, totp_code: code });
    expect(shape(second)).toBe('signed in');
    expect(await identities()).toEqual([{ user_id: account.id }]);
  });

  it('takes five passwords, and then no more', async () => {
    const { sign_in_token, identities } = await arrive('verified');
    for (let i = 0; i < 5; i++)
      expect(shape(await prove({ sign_in_token, password: `Wrong${i}word` }))).toBe('401 invalid-proof');
    expect(shape(await prove({ sign_in_token, password }))).toBe('401 invalid-sign-in');
    expect(await identities()).toEqual([]);
  });

  it('is connected once by several proofs at the same moment', async () => {
    const { sign_in_token, identities } = await arrive('verified');
    const all = await Promise.all(Array.from({ length: 4 }, () => prove({ sign_in_token, password })));
    expect(all.map(shape).sort()).toEqual([...Array<string>(3).fill('401 invalid-sign-in'), 'signed in']);
    expect(await identities()).toHaveLength(1);
  });

  it('is not proven by a password if its address was never verified: a squatter may know it', async () => {
    const { sign_in_token, identities } = await arrive('unverified');
    expect(shape(await prove({ sign_in_token, password }))).toBe('403 account-link-required email_code');
    expect(await identities()).toEqual([]);
  });

  it('answers that it is inactive only after a proof', async () => {
    const { sign_in_token, identities } = await arrive('inactive');
    expect(shape(await prove({ sign_in_token, password: 'Wrong1word' }))).toBe('401 invalid-proof');
    expect(shape(await prove({ sign_in_token, password }))).toBe('403 inactive-user');
    expect(await identities()).toEqual([]);
  });

  it('is not connected once it has another address', async () => {
    const { account, sign_in_token, identities } = await arrive('verified');
    await query(`UPDATE auth_users SET email = 'moved' || email WHERE id = $1`, account.id);
    const { body } = await prove({ sign_in_token, password });
    // The username of the address is taken by nobody, so the newcomer gets an account.
    expect(await identities()).not.toEqual([{ user_id: account.id }]);
    expect((await service.get('/users/me', body.access_token)).body.id).not.toBe(account.id);
  });

  it('needs exactly one proof', async () => {
    const { sign_in_token } = await arrive('verified');
    const two = { sign_in_token, password, code_verifier: 'a'.repeat(43) };
    expect((await prove(two)).status).toBe(422);
    expect((await prove({ sign_in_token })).status).toBe(422);
    expect(shape(await prove({ sign_in_token, totp_code: '123456' }))).toBe('401 invalid-sign-in');
    expect(shape(await prove({ sign_in_token, username: 'somebody' }))).toBe('401 invalid-sign-in');
    expect(shape(await prove({ sign_in_token, password }))).toBe('signed in');
  });
});

describe('a newcomer', () => {
  const name = (sign_in_token: string, username: string) =>
    service.post('/auth/login/continue', { sign_in_token, username });

  it.each([
    ['taken', 'taken.name@example.com'],
    ['no username', 'a+b@example.com'],
    ['too short', 'ab@example.com'],
  ])('chooses a username if that of the address is %s', async (_, email) => {
    await service
      .signUp({ username: 'taken.name', email: `x${++people}@example.com`, password })
      .catch(() => null);
    const sub = `subject${++people}`;
    issuer.user = { sub, email, email_verified: true };
    const { body } = await new ProviderBrowser(service).signIn('acme');
    expect(body).toMatchObject({ needs: ['username'], expires_in: 600 });
    expect(shape(await name(body.sign_in_token, 'taken.name'))).toBe('409 username-taken');
    expect((await name(body.sign_in_token, 'no name')).status).toBe(422);
    const named = await name(body.sign_in_token, `free${people}`);
    expect(shape(named)).toBe('signed in');
    expect((await service.get('/users/me', named.body.access_token)).body).toMatchObject({
      ...{ username: `free${people}`, email, email_verified: true },
    });
    expect(shape(await name(body.sign_in_token, `free${people}x`))).toBe('401 invalid-sign-in');
  });

  it('gets one account from 20 ways at the same moment', async () => {
    const email = `person${++people}@example.com`;
    issuer.user = { sub: `subject${people}`, email, email_verified: true };
    const all = await Promise.all(
      Array.from({ length: 20 }, () => new ProviderBrowser(service).signIn('acme')),
    );
    expect(all.map(shape)).toEqual(Array<string>(20).fill('signed in'));
    expect(await query('SELECT count(*)::int FROM auth_users WHERE email = $1', email)).toEqual([
      { count: 1 },
    ]);
  });

  it('gets one account from two providers at the same moment', async () => {
    const email = `person${++people}@example.com`;
    issuer.user = other.user = { sub: `subject${people}`, email, email_verified: true };
    const all = await Promise.all(
      ['acme', 'other'].map((provider) => new ProviderBrowser(service).signIn(provider)),
    );
    // The second one has to prove an account that has neither a password nor a passkey.
    expect(all.map(shape).sort()).toEqual(['403 account-link-required email_code', 'signed in']);
    expect(await query('SELECT count(*)::int FROM auth_users WHERE email = $1', email)).toEqual([
      { count: 1 },
    ]);
    expect(await query('SELECT count(*)::int FROM auth_identities WHERE email = $1', email)).toEqual([
      { count: 1 },
    ]);
  });
});
