import { createHash, randomBytes } from 'node:crypto';
import { SoftAuthenticator } from '../src/testing/soft-authenticator.js';
import { earlyInStep, totpCode } from './support/authenticator.js';
import { hostKind } from './support/contract-host.js';
import { callersOfTheDoor } from './support/door-callers.js';
import { decode } from './support/forge.js';
import { addApp, newAccount, newFactorHolder } from './support/factor-holder.js';
import { addPasskey, ORIGIN, passkeySignIn } from './support/passkey-holder.js';
import { MailService } from './support/mail-service.js';
import { ProviderBrowser } from './support/provider-browser.js';
import { CLIENT, TestIssuer } from './support/test-issuer.js';
import type { Answer, TestService } from './support/test-service.js';

const NEW_PASSWORD = 'Difference2';

/** Somebody with an authenticator app, from whom the password and the mailbox were stolen, but not the app. */
type Victim = Awaited<ReturnType<typeof newFactorHolder>> & {
  /** Tokens of a session that was begun before the app was added. */
  old: { access_token: string; refresh_token: string };
};

/** Try to sign in without the app: everything else that the request needs is right. */
interface Row {
  /** File that calls the one door, if this is a way in. */
  from?: string;
  /** Whether this is enough for an account without a second factor. Default `false`. */
  isEnoughAlone?: boolean;
  status: number;
  attempt(victim: Victim): Promise<Answer>;
}

let mail: MailService;
let service: TestService;
let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await TestIssuer.start();
  mail = await MailService.start({
    signInMethods: ['password', 'passkey', 'email-code'],
    passwordless: true,
    auth: {
      ...{ publicUrl: ORIGIN, refreshCookie: { origins: [] } },
      // An issuer on this machine is for tests.
      ...{ allowExampleSecrets: true, providers: { acme: { ...CLIENT, issuer: issuer.url } } },
    },
  });
  ({ service } = mail);
});
afterAll(async () => {
  await mail.stop();
  await issuer.stop();
});

const PASSWORD_SIGN_IN = 'src/auth/sign-in/password/password-sign-in.service.ts';
const PROVIDER_SIGN_IN = 'src/auth/sign-in/provider/provider-sign-in.service.ts';
const CODE_SENT_ALONG = 'src/auth/sign-in/continuation/continuation.service.ts';
const browser = { 'x-astra-client': 'browser', 'sec-fetch-site': 'same-origin' };
const credentials = ({ username, password }: Victim) => ({ username, password });
const form = (fields: Record<string, string>) => new URLSearchParams(fields);

/** Token as it would be in a message to the victim. */
async function mailToken({ userId, email }: Victim, purpose: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await service.database.query(
    `INSERT INTO auth_one_time_tokens (user_id, purpose, token_hash, email, expires_at)
     VALUES ($1, $2, $3, $4, now() + interval '1 hour')
     ON CONFLICT (user_id, purpose) DO UPDATE SET token_hash = EXCLUDED.token_hash`,
    [userId, purpose, createHash('sha256').update(token).digest(), email],
  );
  return token;
}

/** App in a browser that signs in as the victim's identity at the provider. */
async function providerSignIn({ userId }: Victim): Promise<{ sign_in_token: string; code_verifier: string }> {
  issuer.user = { sub: userId };
  await service.database.query(
    `INSERT INTO auth_identities (id, user_id, provider, issuer, subject, created_at)
     VALUES (gen_random_uuid(), $1::uuid, 'acme', $2, $1::text, now())`,
    [userId, issuer.url],
  );
  const browser = new ProviderBrowser(service);
  const { sign_in_token } = await browser.walk('acme', { redirectTo: `${ORIGIN}/signed-in` });
  return { sign_in_token, code_verifier: browser.verifier };
}

async function signInToken(victim: Victim): Promise<string> {
  return (await service.post('/auth/login', credentials(victim))).body.sign_in_token;
}

/** Every route that nobody needs to be signed in for, except those that only read. */
const rows: Record<string, Record<string, Row>> = {
  'POST /auth/login': {
    'JSON and the email address': {
      ...{ from: PASSWORD_SIGN_IN, isEnoughAlone: true, status: 403 },
      attempt: ({ email, password }) => service.post('/auth/login', { username: email, password }),
    },
    'a form': {
      ...{ from: PASSWORD_SIGN_IN, isEnoughAlone: true, status: 403 },
      attempt: (victim) =>
        service.post('/auth/login', form({ ...credentials(victim), grant_type: 'password' })),
    },
    'a cookie for the refresh token': {
      ...{ from: PASSWORD_SIGN_IN, isEnoughAlone: true, status: 403 },
      attempt: (victim) =>
        service.request('POST', '/auth/login', { body: credentials(victim), headers: browser }),
    },
    'a wrong code': {
      ...{ from: CODE_SENT_ALONG, status: 401 },
      attempt: (victim) => service.post('/auth/login', { ...credentials(victim), totp_code: '000000' }),
    },
    'a refresh token as a form': {
      status: 401,
      attempt: ({ old: { refresh_token } }) =>
        service.post('/auth/login', form({ grant_type: 'refresh_token', refresh_token })),
    },
  },
  'POST /auth/login/continue': {
    'a wrong code': {
      status: 401,
      attempt: async (victim) =>
        service.post('/auth/login/continue', {
          ...{ sign_in_token: await signInToken(victim), totp_code: '000000' },
        }),
    },
    'a code by email': {
      ...{
        from: 'src/auth/sign-in/email-code/email-code-sign-in.service.ts',
        isEnoughAlone: true,
        status: 403,
      },
      async attempt({ email }) {
        const { sign_in_token } = (await service.post('/auth/email-code', { email })).body;
        const { text = '' } = await mail.mail('email-code', email);
        const email_code = /\b\d{4} \d{4}\b/.exec(text)?.[0];
        return service.post('/auth/login/continue', { sign_in_token, email_code });
      },
    },
    'a code of the app after a request for a code by email': {
      status: 401,
      async attempt({ email, secret }) {
        const { sign_in_token } = (await service.post('/auth/email-code', { email })).body;
        const totp_code = secret === '' ? '123456' : totpCode(secret);
        return service.post('/auth/login/continue', { sign_in_token, totp_code });
      },
    },
    'an identity at a provider': {
      ...{ from: PROVIDER_SIGN_IN, isEnoughAlone: true, status: 403 },
      attempt: async (victim) => service.post('/auth/login/continue', await providerSignIn(victim)),
    },
    'a first password': {
      ...{ from: 'src/auth/sign-in/first-way/first-way.service.ts', status: 401 },
      attempt: async (victim) =>
        service.post('/auth/login/continue', {
          ...{ sign_in_token: await signInToken(victim), new_password: NEW_PASSWORD },
        }),
    },
    'the password once more': {
      status: 401,
      attempt: async (victim) =>
        service.post('/auth/login/continue', {
          ...{ sign_in_token: await signInToken(victim), password: victim.password },
        }),
    },
  },
  'POST /auth/login/enrol': {
    'an app of the thief': {
      status: 403,
      attempt: async (victim) =>
        service.post('/auth/login/enrol', { sign_in_token: await signInToken(victim), type: 'totp' }),
    },
  },
  'POST /auth/providers/{name}/authorize': {
    nothing: {
      status: 200,
      attempt: () =>
        service.post('/auth/providers/acme/authorize', {
          ...{ redirect_to: `${ORIGIN}/signed-in`, code_challenge: 'a'.repeat(43) },
        }),
    },
  },
  'POST /auth/providers/{name}/id-token': {
    'the ID token of an app': {
      ...{ from: PROVIDER_SIGN_IN, isEnoughAlone: true, status: 403 },
      async attempt(victim) {
        await providerSignIn(victim);
        const nonce = victim.userId;
        return service.post('/auth/providers/acme/id-token', {
          ...{ id_token: await issuer.idToken({ nonce }), nonce },
        });
      },
    },
  },
  'POST /auth/passkeys/options': {
    nothing: { status: 200, attempt: () => service.post('/auth/passkeys/options') },
  },
  'POST /auth/passkeys/login': {
    'a stolen security key, without its PIN': {
      ...{ from: 'src/auth/sign-in/passkey/passkey-sign-in.service.ts', status: 401 },
      async attempt({ access_token }) {
        const authenticator = new SoftAuthenticator({ origin: ORIGIN, verifiesUser: false });
        await addPasskey(service, { access_token, authenticator });
        return passkeySignIn(service, authenticator);
      },
    },
  },
  'POST /auth/email-code': {
    'the address': { status: 202, attempt: ({ email }) => service.post('/auth/email-code', { email }) },
  },
  'POST /auth/refresh': {
    'a session from before the app': {
      status: 401,
      attempt: ({ old: { refresh_token } }) => service.post('/auth/refresh', { refresh_token }),
    },
    'the token of a sign-in': {
      status: 401,
      attempt: async (victim) => service.post('/auth/refresh', { refresh_token: await signInToken(victim) }),
    },
  },
  'POST /auth/revoke': {
    'the token of a sign-in': {
      status: 200,
      attempt: async (victim) => service.post('/auth/revoke', { token: await signInToken(victim) }),
    },
  },
  'POST /auth/register': {
    'the same names': {
      status: 409,
      attempt: ({ username, email, password }) =>
        service.post('/auth/register', { username, email, password }),
    },
  },
  'POST /auth/verify-email/request': {
    'the address': {
      status: 202,
      attempt: ({ email }) => service.post('/auth/verify-email/request', { email }),
    },
  },
  'POST /auth/verify-email': {
    'the token of a message': {
      status: 200,
      attempt: async (victim) =>
        service.post('/auth/verify-email', { token: await mailToken(victim, 'verify_email') }),
    },
  },
  'POST /auth/verify-email/preview': {
    'the token of a message': {
      status: 200,
      attempt: async (victim) =>
        service.post('/auth/verify-email/preview', { token: await mailToken(victim, 'verify_email') }),
    },
  },
  'POST /auth/verify-email/disown': {
    'the token of a message': {
      status: 400,
      attempt: async (victim) =>
        service.post('/auth/verify-email/disown', { token: await mailToken(victim, 'verify_email') }),
    },
  },
  'POST /auth/password/forgot': {
    'the address': {
      status: 202,
      attempt: ({ email }) => service.post('/auth/password/forgot', { email }),
    },
  },
  'POST /auth/password/reset': {
    'the token of a message': {
      status: 204,
      attempt: async (victim) =>
        service.post('/auth/password/reset', {
          ...{ token: await mailToken(victim, 'reset_password'), new_password: NEW_PASSWORD },
        }),
    },
    'the token of a message, and then the new password': {
      ...{ from: PASSWORD_SIGN_IN, isEnoughAlone: true, status: 403 },
      attempt: async (victim) => {
        const token = await mailToken(victim, 'reset_password');
        await service.post('/auth/password/reset', { token, new_password: NEW_PASSWORD });
        return service.post('/auth/login', { ...credentials(victim), password: NEW_PASSWORD });
      },
    },
  },
  'POST /auth/email/confirm': {
    'the token of a message': {
      status: 200,
      attempt: async (victim) =>
        service.post('/auth/email/confirm', { token: await mailToken(victim, 'change_email') }),
    },
  },
  'POST /auth/email/undo': {
    'the token of a message': {
      status: 400,
      attempt: async (victim) =>
        service.post('/auth/email/undo', { token: await mailToken(victim, 'change_email') }),
    },
  },
};

const all = Object.entries(rows).flatMap(([route, tries]) =>
  Object.entries(tries).map(([how, row]) => [route, how, row] as const),
);

let victims = 0;

describe('an account with a second factor', () => {
  beforeEach(() => earlyInStep());

  it.each(all)('gets no token without it by %s with %s', async (_route, _how, { status, attempt }) => {
    const person = await newAccount(service, `victim${++victims}`);
    const old = await service.signIn(person);
    const victim = { ...person, ...(await addApp(service, person.access_token)), old };
    const sessions = () =>
      service.database.query('SELECT id FROM auth_sessions WHERE user_id = $1', [person.userId]);
    const before = await sessions();
    const answer = await attempt(victim);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: answer.body });
    expect(JSON.stringify(answer.body)).not.toMatch(/(access|refresh)_token/);
    // The cookie of a sign-in with a provider is worth nothing until the provider has answered.
    const cookies = answer.headers.getSetCookie().filter((cookie) => !/Max-Age=0|_way=/.test(cookie));
    expect(cookies).toEqual([]);
    const known = new Set(before.map(({ id }) => id));
    expect((await sessions()).filter(({ id }) => !known.has(id))).toEqual([]);
  });
});

describe('an account without a second factor', () => {
  it('gets tokens of two factors by a passkey that has verified its user', async () => {
    const { access_token } = await newAccount(service, `victim${++victims}`);
    const authenticator = new SoftAuthenticator({ origin: ORIGIN });
    await addPasskey(service, { access_token, authenticator });
    const { status, body } = await passkeySignIn(service, authenticator);
    expect(status).toBe(200);
    expect(decode(body.access_token).claims).toMatchObject({ acr: 'aal2' });
  });

  const ways = all.filter(([, , { isEnoughAlone }]) => isEnoughAlone);

  it.each(ways)('gets tokens by %s with %s', async (_route, _how, { attempt }) => {
    const person = await newAccount(service, `victim${++victims}`);
    const answer = await attempt({ ...person, old: person, secret: '', recoveryCodes: [] });
    expect({ status: answer.status, body: answer.body }).toMatchObject({
      status: 200,
      body: { access_token: expect.any(String) },
    });
  });
});

describe('the rows above', () => {
  it('name every place that may start a session', () => {
    const named = new Set(all.flatMap(([, , { from }]) => from ?? []));
    const callers = callersOfTheDoor('src').filter((file) => !/^src\/(testing|fastapi)\//.test(file));
    expect([...named].sort()).toEqual(callers);
  });

  // A host has a document of its own.
  if (!hostKind) {
    it('name every route that nobody needs to be signed in for', async () => {
      const { body: document } = await service.get('//openapi.json');
      const open = Object.entries<Record<string, { security?: object[] }>>(document.paths).flatMap(
        ([path, operations]) =>
          Object.entries(operations)
            .filter(([method, { security = [{}] }]) => method !== 'get' && security.some(isEmpty))
            .map(([method]) => `${method.toUpperCase()} ${path.replace(service.prefix, '')}`),
      );
      expect(Object.keys(rows).sort()).toEqual(open.sort());
    });
  }
});

const isEmpty = (scheme: object) => Object.keys(scheme).length === 0;
