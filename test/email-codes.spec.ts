import { randomBytes } from 'node:crypto';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { BegunSignIns } from '../src/auth/sign-in/email-code/begun-sign-ins.js';
import { Problem } from '../src/http/problem/problem.js';
import { age } from './support/aged-session.js';
import { UsersService } from '../src/users/users.service.js';
import { totpCode } from './support/authenticator.js';
import { newFactorHolder } from './support/factor-holder.js';
import { expectInvalid, expectProblem } from './support/expect-problem.js';
import { decode } from './support/forge.js';
import { MailService } from './support/mail-service.js';
import type { ReceivedMail } from './support/smtp-server.js';
import { ada, type Answer, TestService } from './support/test-service.js';

// More is asked for than a mailbox may get.
const plenty = { hour: 1_000, day: 1_000 };
const settings = {
  signInMethods: ['password', 'passkey', 'email-code'],
  auth: { mail: { budgets: { codes: plenty, notices: plenty, verifications: plenty } } },
} as const;

let people = 0;
let mail: MailService;
let service: TestService;
let admin: string;
beforeAll(async () => {
  mail = await MailService.start(settings);
  ({ service } = mail);
  const operator = await someone();
  await service.app.get(UsersService, { strict: false }).update(operator.id, { role: 'admin' });
  admin = (await service.signIn(operator)).access_token;
});
afterAll(() => mail.stop());

const stranger = () => {
  const username = `person${++people}`;
  return { ...ada, username, email: `${username}@example.com` };
};
/** Somebody whose email address is verified. */
async function someone() {
  const person = stranger();
  const { id } = await service.signUp(person);
  await service.app.get(UsersService, { strict: false }).update(id, { emailVerifiedAt: new Date() });
  return { ...person, id };
}

const ask = async (email: string, at = service): Promise<string> => {
  const { status, body } = await at.post('/auth/email-code', { email });
  expect({ status, body }).toEqual({
    status: 202,
    body: {
      detail: expect.any(String),
      sign_in_token: expect.stringMatching(/^[\w-]{43}$/),
      expires_in: 600,
    },
  });
  return body.sign_in_token as string;
};
const codeIn = ({ text }: ReceivedMail): string => /\b(\d{4} \d{4})\b/.exec(text ?? '')?.[1] ?? '';
const codeFor = async (email: string, count = 1) => codeIn(await mail.mail('email-code', email, count));
const enter = (sign_in_token: string, email_code: string, at = service) =>
  at.post('/auth/login/continue', { sign_in_token, email_code });
/** Code that is certainly another one. */
const wrong = (code: string) => String((Number(code.replace(' ', '')) + 1) % 1e8).padStart(8, '0');
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort();

/** A request with the code that came for it. */
async function asked(email: string) {
  const before = mail.received('email-code', email).length;
  const token = await ask(email);
  return { token, code: codeIn(await mail.mail('email-code', email, before + 1)) };
}

describe('a code by email', () => {
  it('signs in once, with its own token, as one factor', async () => {
    const { email } = await someone();
    const { token, code } = await asked(email);
    const other = await asked(email);
    expectProblem(await enter(other.token, code), 401, 'invalid-proof');
    const { status, body } = await enter(token, code);
    expect(status).toBe(200);
    expect(decode(body.access_token).claims).toMatchObject({ amr: ['email'], acr: 'aal1' });
    expectProblem(await enter(token, code), 401, 'invalid-sign-in');
    expect((await enter(other.token, other.code)).status).toBe(200);
  });

  it('is asked for with an address', async () => {
    expectInvalid(await service.post('/auth/email-code', {}), ['body.email', 'missing']);
  });

  it('works with and without the blank in it, and has 8 digits', async () => {
    const { email } = await someone();
    const { token, code } = await asked(email);
    for (const typed of [
      '1234567',
      '123456789',
      '1234-5678',
      '+12345678',
      '\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668',
      '',
    ])
      expectInvalid(await enter(token, typed), ['body.email_code', 'code_format']);
    for (const body of [{ email_code: 12345678 }, { email_code: null }, { email_code: [code] }])
      expect((await service.post('/auth/login/continue', { sign_in_token: token, ...body })).status).toBe(
        422,
      );
    expectInvalid(
      await service.post('/auth/login/continue', {
        sign_in_token: token,
        email_code: code,
        totp_code: '123456',
      }),
      ['body', 'one_proof'],
    );
    expect((await enter(token, code.replace(' ', ''))).status).toBe(200);
  });

  it('is not in the subject, and names the device that asked for it', async () => {
    const { email } = await someone();
    const headers = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    };
    await service.request('POST', '/auth/email-code', { body: { email }, headers });
    const { subject, text } = await mail.mail('email-code', email);
    expect(subject).toBe('Your code for Astra');
    expect(text).toContain('requested on Firefox on Linux (127.0.0.1)');
  });

  it('ends after five wrong ones, for the right one too', async () => {
    const { email } = await someone();
    const { token, code } = await asked(email);
    for (let i = 0; i < 5; i++) expectProblem(await enter(token, wrong(code)), 401, 'invalid-proof');
    expectProblem(await enter(token, wrong(code)), 401, 'invalid-sign-in');
    expectProblem(await enter(token, code), 401, 'invalid-sign-in');
  });

  it('starts one session of twenty at once', async () => {
    for (let round = 0; round < 3; round++) {
      const { email, id } = await someone();
      const { token, code } = await asked(email);
      const answers = await Promise.all(Array.from({ length: 20 }, () => enter(token, code)));
      expect(statuses(answers)).toEqual([200, ...Array<number>(19).fill(401)]);
      const sessions = await service.database.query(
        `SELECT FROM auth_sessions WHERE user_id = $1 AND methods = '{email}'`,
        [id],
      );
      expect(sessions).toHaveLength(1);
    }
  });

  it('is the oldest one that a fourth request ends, also of twenty at once', async () => {
    const { email } = await someone();
    const codes = [];
    for (let i = 0; i < 4; i++) codes.push(await asked(email));
    expectProblem(await enter(codes[0].token, codes[0].code), 401, 'invalid-sign-in');
    expect((await enter(codes[1].token, codes[1].code)).status).toBe(200);

    const nobody = `nobody${++people}@example.com`;
    await Promise.all(Array.from({ length: 20 }, () => ask(nobody)));
    expect(
      await service.database.query(
        'SELECT address_hash FROM auth_email_codes WHERE user_id IS NULL GROUP BY 1 HAVING count(*) > 3',
      ),
    ).toEqual([]);
  });

  it('stays for a mailbox that has an account, and for nobody else', async () => {
    const nobody = `nobody${++people}@example.com`;
    const token = await ask(nobody);
    await mail.settled();
    expect(mail.received('email-code', nobody)).toEqual([]);
    for (const code of ['00000000', '12345678'])
      expectProblem(await enter(token, code), 401, 'invalid-proof');
    for (let i = 0; i < 3; i++) await enter(token, '00000000');
    expectProblem(await enter(token, '00000000'), 401, 'invalid-sign-in');
  });

  it('has ended if the account is deleted while the code is verified', async () => {
    const { email, id } = await someone();
    const { token, code } = await asked(email);
    // Only this table: the code is still there, as for a request that has just found it.
    await service.database.query('UPDATE auth_users SET deleted_at = now() WHERE id = $1', [id]);
    expectProblem(await enter(token, code), 401, 'invalid-sign-in');
  });

  it('finds the account by any spelling of its address', async () => {
    const { email } = await someone();
    const token = await ask(`  ${email.toUpperCase()} `);
    expect((await enter(token, await codeFor(email))).status).toBe(200);
  });

  it('stays secret: neither the code nor the token is in the database', async () => {
    const { email } = await someone();
    const { token, code } = await asked(email);
    await mail.settled();
    const [{ all }] = await service.database.query<{ all: string }>(`
      SELECT string_agg(t::text, ' ') AS all FROM (
        SELECT to_jsonb(c)::text AS t FROM auth_email_codes c
        UNION ALL SELECT to_jsonb(j)::text FROM astra_jobs.job j
        UNION ALL SELECT to_jsonb(e)::text FROM auth_audit_events e) x`);
    for (const secret of [token, code, code.replace(' ', '')]) expect(all).not.toContain(secret);
    expect((await enter(token, code)).status).toBe(200);
  });
});

describe('a code is dead', () => {
  it.each<[string, (person: { id: string; email: string; token: string }) => Promise<unknown>]>([
    [
      'after a change of the password',
      ({ token }) =>
        service.post(
          '/users/me/password',
          { current_password: ada.password, new_password: 'Nanosecond30cm' },
          token,
        ),
    ],
    [
      'after a change of the address',
      async ({ token, email }) => {
        const new_email = `moved-${email}`;
        await service.post('/users/me/email', { new_email, current_password: ada.password }, token);
        const change = await mail.token('confirm-email-change', new_email);
        expect((await service.post('/auth/email/confirm', { token: change })).status).toBe(200);
      },
    ],
    [
      'after a change of the address in the database',
      ({ id }) =>
        service.database.query(
          `UPDATE auth_users SET email = 'moved@example.com', email_key = 'moved@example.com' WHERE id = $1`,
          [id],
        ),
    ],
    ['after a deactivation', ({ id }) => service.patch(`/admin/users/${id}`, { is_active: false }, admin)],
    [
      'after a deletion',
      ({ token }) => service.delete('/users/me', token, { current_password: ada.password }),
    ],
    [
      'after its time',
      ({ id }) =>
        service.database.query(
          `UPDATE auth_email_codes SET expires_at = now() - interval '1 s' WHERE user_id = $1`,
          [id],
        ),
    ],
  ])('%s', async (_, change) => {
    const person = await someone();
    const { access_token } = await service.signIn(person);
    const { token, code } = await asked(person.email);
    await change({ ...person, token: access_token });
    const { status, body } = await enter(token, code);
    expect([status, body.type]).toEqual([401, '/problems/invalid-sign-in']);
  });

  it('if the account is inactive: then none is sent', async () => {
    const { email, id } = await someone();
    await service.app.get(UsersService, { strict: false }).update(id, { isActive: false });
    await ask(email);
    await mail.settled();
    expect(mail.received('email-code', email)).toEqual([]);
  });
});

describe('a code and other proofs', () => {
  it('is followed by the second factor of the account, and is two factors with it', async () => {
    const holder = await newFactorHolder(service, `holder${++people}`);
    const { email } = holder;
    const { token, code } = await asked(email);
    const begun = await enter(token, code);
    expect([begun.status, begun.body.type]).toEqual([403, '/problems/factor-required']);
    // The used token continues nothing, and neither does a code of the app without the first proof.
    const totp_code = totpCode(holder.secret);
    const proceed = (sign_in_token: string) =>
      service.post('/auth/login/continue', { sign_in_token, totp_code });
    expectProblem(await proceed(token), 401, 'invalid-sign-in');
    expectProblem(await proceed(await ask(email)), 401, 'invalid-sign-in');
    const { status, body } = await proceed(begun.body.sign_in_token);
    expect(status).toBe(200);
    expect(decode(body.access_token).claims).toMatchObject({ amr: ['email', 'otp', 'mfa'], acr: 'aal2' });
  });

  it('is no second factor after a password', async () => {
    const holder = await newFactorHolder(service, `holder${++people}`);
    const { body } = await service.post('/auth/login', { username: holder.username, password: ada.password });
    expect(body.factors).not.toContain('email_code');
    const { code } = await asked(holder.email);
    expectProblem(await enter(body.sign_in_token, code), 401, 'invalid-sign-in');
  });
});

describe('a signed-in user', () => {
  const options = (token: string, body?: object) =>
    service.post('/users/me/reauthenticate/options', body, token);
  const confirm = (token: string, email_code: string) =>
    service.post('/users/me/reauthenticate', { email_code }, token);
  const codeOf = async (person: { email: string; access_token: string }) => {
    const before = mail.received('email-code', person.email).length;
    expect((await options(person.access_token, { send: 'email_code' })).body).toMatchObject({
      email_code: true,
    });
    return codeIn(await mail.mail('email-code', person.email, before + 1));
  };
  const signedIn = async () => {
    const person = await someone();
    return { ...person, ...(await service.signIn(person)) };
  };

  it('confirms who they are with a code, once, as one factor', async () => {
    const person = await signedIn();
    const { access_token } = person;
    await age(service, person.id, 301);
    const code = await codeOf(person);
    const answers = await Promise.all(Array.from({ length: 5 }, () => confirm(access_token, code)));
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(1);
    const renewed = answers.find(({ status }) => status === 200)?.body.access_token as string;
    expect(decode(renewed).claims).toMatchObject({ amr: ['pwd', 'email'], acr: 'aal1' });
  });

  it('gets no code unasked, and without a verified address none at all', async () => {
    const { email, access_token } = await signedIn();
    expect((await options(access_token)).body).toMatchObject({ factors: ['password'], email_code: true });
    expectInvalid(await options(access_token, { send: 'sms' }), ['body.send', 'enum']);
    const squatter = stranger();
    await service.signUp(squatter);
    const theirs = (await service.signIn(squatter)).access_token;
    expect((await options(theirs, { send: 'email_code' })).body).toMatchObject({ email_code: false });
    await mail.settled();
    for (const to of [email, squatter.email]) expect(mail.received('email-code', to)).toEqual([]);
  });

  it('has five tries, also with further codes, and none with the code of another session or of a sign-in', async () => {
    const person = await signedIn();
    const other = await service.signIn(person);
    const code = await codeOf(person);
    expectProblem(await confirm(other.access_token, code), 401, 'invalid-proof');
    const begun = await asked(person.email);
    expectProblem(await confirm(person.access_token, begun.code), 401, 'invalid-proof');
    expectProblem(
      await enter(decode(person.access_token).claims.sid as string, code),
      401,
      'invalid-sign-in',
    );
    for (let i = 0; i < 4; i++)
      expectProblem(await confirm(person.access_token, wrong(code)), 401, 'invalid-proof');
    expectProblem(await confirm(person.access_token, code), 401, 'invalid-proof');
    await options(person.access_token, { send: 'email_code' });
    await mail.settled();
    const newest = mail.received('email-code', person.email).map(codeIn).at(-1) ?? '';
    expectProblem(await confirm(person.access_token, newest), 401, 'invalid-proof');
  });
});

describe('a sign-in that has begun in another way', () => {
  const begin = (email: string | null, isOver = false) => {
    const token = randomBytes(32).toString('base64url');
    const signIn = { sessionId: uuid(), named: '', welcomed: '', isOver };
    service.app.get(BegunSignIns, { strict: false }).serve(async (tried) =>
      tried !== token || signIn.isOver
        ? null
        : {
            ...{ email, sessionId: signIn.sessionId, secondsLeft: 300 },
            name: async (named) => void (signIn.named = named),
            claim: async () => (signIn.isOver = true),
            welcome: async (use) => {
              const db = service.app.get<DataSource>(getDataSourceToken(), { strict: false });
              const isRight = await db.transaction((tx) => use(signIn.named, tx));
              signIn.welcomed = isRight ? signIn.named : 'nobody';
              throw new RegistrationStandIn();
            },
          },
    );
    return { token, signIn };
  };
  const askFor = (sign_in_token: string, email?: string) =>
    service.post('/auth/email-code', { sign_in_token, ...(email !== undefined && { email }) });
  class RegistrationStandIn extends Problem {
    constructor() {
      super(403, 'inactive-user', 'Welcome');
    }
  }

  it('keeps its token, and starts its own session', async () => {
    const { email } = await someone();
    const { token, signIn } = begin(email);
    const { status, body } = await askFor(token);
    expect([status, body.sign_in_token, body.expires_in]).toEqual([202, token, 300]);
    const code = await codeFor(email);
    for (let i = 0; i < 4; i++) expectProblem(await enter(token, wrong(code)), 401, 'invalid-proof');
    const signedIn = await enter(token, code);
    expect(decode(signedIn.body.access_token).claims.sid).toBe(signIn.sessionId);
    expectProblem(await enter(token, code), 401, 'invalid-sign-in');
    expectProblem(await askFor(token), 401, 'invalid-sign-in');
  });

  it('takes its code with it when it ends, also one that was right', async () => {
    const { email } = await someone();
    const { token, signIn } = begin(email);
    await askFor(token);
    const code = await codeFor(email);
    signIn.isOver = true;
    expectProblem(await enter(token, code), 401, 'invalid-sign-in');
  });

  it('sends no code elsewhere than to the address of its account', async () => {
    const { token } = begin((await someone()).email);
    expectInvalid(await askFor(token, 'other@example.com'), ['body.email', 'extra_forbidden']);
    expectProblem(await askFor('unknown'), 401, 'invalid-sign-in');
    expectProblem(await askFor(await ask('nobody@example.com')), 401, 'invalid-sign-in');
  });

  it('asks for an address where it has none, and sends the code there whether or not it has an account', async () => {
    const { token, signIn } = begin(null);
    expectInvalid(await askFor(token), ['body.email', 'missing']);
    const nobody = `nobody${++people}@example.com`;
    expect((await askFor(token, nobody)).body).toMatchObject({ sign_in_token: token });
    const code = await codeFor(nobody);
    expectProblem(await enter(token, wrong(code)), 401, 'invalid-proof');
    expectProblem(await enter(token, code), 403, 'inactive-user');
    expect(signIn.welcomed).toBe(nobody);
    expectProblem(await enter(token, code), 401, 'invalid-sign-in');
  });
});

describe('an account without a password', () => {
  it('signs in with codes, and keeps no other way in', async () => {
    const { userId, email, access_token } = await newFactorHolder(service, `holder${++people}`);
    expect((await service.delete('/users/me/password', access_token)).status).toBe(204);
    expect(
      await service.database.query('SELECT hashed_password FROM auth_users WHERE id = $1', [userId]),
    ).toEqual([{ hashed_password: null }]);
    const { token, code } = await asked(email);
    expect((await enter(token, code)).body.type).toBe('/problems/factor-required');
  });
});

describe('an address that nobody has verified', () => {
  it('gives the account to its owner, without what a squatter left', async () => {
    const squatter = stranger();
    const { id } = await service.signUp(squatter);
    const theirs = await service.signIn(squatter);
    const { token, code } = await asked(squatter.email);
    const { status, body } = await enter(token, code);
    expect(status).toBe(200);
    expect((await service.get('/users/me', body.access_token)).body).toMatchObject({
      id,
      email_verified: true,
    });
    expectProblem(await service.get('/users/me', theirs.access_token), 401, 'invalid-token');
    expect((await service.post('/auth/refresh', { refresh_token: theirs.refresh_token })).status).toBe(401);
    const { username, password } = squatter;
    expectProblem(await service.post('/auth/login', { username, password }), 401, 'invalid-credentials');
  });

  it('keeps the password of an account whose address was verified', async () => {
    const person = await someone();
    const { token, code } = await asked(person.email);
    expect((await enter(token, code)).status).toBe(200);
    expect((await service.signIn(person)).access_token).toBeDefined();
  });
});

describe('where sign-in needs a verified address', () => {
  it('is verified by the code', async () => {
    const strict = await MailService.start({
      ...settings,
      auth: { ...settings.auth, emailVerification: 'required' },
    });
    try {
      const person = stranger();
      await strict.service.post('/auth/register', person);
      const token = await ask(person.email, strict.service);
      const code = codeIn(await strict.mail('email-code', person.email));
      expect((await enter(token, code, strict.service)).status).toBe(200);
    } finally {
      await strict.stop();
    }
  });
});

describe('with limits', () => {
  it('makes an address wait after five wrong codes in a row, whatever token and instance they came by', async () => {
    const one = await MailService.start({
      ...settings,
      rateLimit: true,
      auth: { ...settings.auth, rateLimits: {} },
    });
    const two = await TestService.start({
      ...settings,
      rateLimit: true,
      on: one.service.database,
      auth: { publicUrl: 'https://accounts.example/base', ...settings.auth, rateLimits: {} },
    });
    try {
      for (const email of ['ada@example.com', 'nobody@example.com']) {
        const tokens = [await ask(email, one.service), await ask(email, two), await ask(email, one.service)];
        for (let i = 0; i < 5; i++)
          expectProblem(
            await enter(tokens[i % 2], '00000000', i % 2 ? two : one.service),
            401,
            'invalid-proof',
          );
        const { status, headers } = await enter(tokens[2], '00000000', two);
        expect([status, Number(headers.get('retry-after')) > 20]).toEqual([429, true]);
        // Ten requests in all: a further code resets nothing.
        for (let i = 0; i < 2; i++)
          expect((await enter(await ask(email, two), '00000000', one.service)).status).toBe(429);
        for (let i = 0; i < 5; i++)
          expectProblem(await one.service.post('/auth/email-code', { email }), 429, 'too-many-requests');
      }
    } finally {
      await two.stop();
      await one.stop();
    }
  });
});

describe('without the method', () => {
  it('has no route, and where there are providers, begins no sign-in', async () => {
    const other = await TestService.start({
      ...{ on: service.database, auth: { features: { providers: false, emailCode: false } } },
    });
    const withProviders = await TestService.start({ on: service.database });
    try {
      expect((await other.post('/auth/email-code', { email: 'ada@example.com' })).status).toBe(404);
      const refused = await withProviders.post('/auth/email-code', { email: 'ada@example.com' });
      expectInvalid(refused, ['body.sign_in_token', 'missing']);
    } finally {
      await withProviders.stop();
      await other.stop();
    }
  });
});
