import { Role } from '../src/settings/role.js';
import { hashSchemes } from '../src/auth/passwords/hashing/password-hash.js';
import { PasswordsService } from '../src/auth/passwords/passwords.service.js';
import { UsersService } from '../src/users/users.service.js';
import { eventually } from './support/eventually.js';
import { expectInvalid, expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { ada, type Answer, person, TestService } from './support/test-service.js';

/** What a stranger could compare. */
const look = ({ status, headers, body }: Answer) => ({
  status,
  // Random in every response.
  body: { ...body, request_id: undefined, sign_in_token: undefined },
  headers: [...headers.keys()],
});

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** All rounds, each with two hundred hashes of a password, on a busy machine: only then are the ratios told. In ms. */
const ROUNDS_WITH_HASHES = 300_000;

/** Expects both to take the same time, by turns a hundred times. A difference that is real is there in every round. */
async function expectSameTime(
  known: () => Promise<Answer>,
  unknown: () => Promise<Answer>,
  { status = 202, of = 'An address that is known', before = async () => {} } = {},
): Promise<void> {
  const rounds: number[] = [];
  for (let round = 0; round < 6; round++) {
    const times: [number[], number[]] = [[], []];
    for (let turn = 0; turn < 100; turn++) {
      await before();
      // What comes first must not always be the same: it may find the machine in another state.
      for (const which of turn % 2 ? [0, 1] : [1, 0]) {
        const begun = performance.now();
        expect((await [known, unknown][which]()).status).toBe(status);
        times[which].push(performance.now() - begun);
      }
    }
    const [one, other] = times.map(median);
    rounds.push(one / other);
    if (Math.abs(one - other) > 0.1 * Math.max(one, other)) continue;
    console.log(`${of}: ${one.toFixed(1)} ms, unknown: ${other.toFixed(1)} ms, in round ${round + 1}`);
    return;
  }
  throw new Error(`${of} takes ${rounds.map((ratio) => ratio.toFixed(2)).join(', ')} of the time`);
}

describe.each([
  ['a link for a forgotten password', '/auth/password/forgot', 'reset-password'],
  ['a code to sign in', '/auth/email-code', 'email-code'],
  ['another link to verify an address', '/auth/verify-email/request', 'verify-email'],
] as const)('asking for %s', (_, path, template) => {
  let app: MailService;
  const ask = (email: string) => app.service.post(path, { email });

  beforeAll(async () => {
    // More is asked for than a mailbox may get.
    const plenty = { hour: 1_000, day: 1_000 };
    const budgets = { verifications: plenty, passwordLinks: plenty, codes: plenty };
    app = await MailService.start({
      signInMethods: ['password', 'passkey', 'email-code'],
      auth: { mail: { budgets } },
    });
    for (const name of ['unverified', 'verified', 'inactive']) await app.service.signUp(person(name));
    await app.service.database.query(`
      UPDATE auth_users SET is_active = username <> 'inactive',
                            email_verified_at = CASE username WHEN 'verified' THEN now() END`);
    await app.settled();
  });
  afterAll(() => app.stop());

  const expectAlike = async () => {
    const begun = performance.now();
    const unknown = await ask('nobody@example.com');
    for (const name of ['unverified', 'verified', 'inactive'])
      expect([name, look(await ask(`${name}@example.com`))]).toEqual([name, look(unknown)]);
    // No answer waits for a mail server.
    expect(performance.now() - begun).toBeLessThan(2_000);
  };

  it('is answered alike for all', async () => {
    await expectAlike();
    await app.mail(template, 'unverified@example.com', template === 'verify-email' ? 2 : 1);
  });

  it(
    'takes the same time for all',
    () =>
      expectSameTime(
        () => ask('unverified@example.com'),
        () => ask('nobody@example.com'),
      ),
    120_000,
  );

  it('is answered alike, at the same speed, while the mail server hangs', async () => {
    app.smtp.behave = () => 'hang';
    await expectAlike();
    await expectSameTime(
      () => ask('unverified@example.com'),
      () => ask('nobody@example.com'),
    );
  }, 120_000);

  it('is answered alike while the mail server is away, and the mail comes when it is back', async () => {
    await app.smtp.stop();
    await expectAlike();
    const before = app.received(template, 'unverified@example.com').length;
    app.smtp.behave = () => 'accept';
    await app.smtp.resume();
    await eventually(
      async () => expect(app.received(template, 'unverified@example.com').length).toBeGreaterThan(before),
      20_000,
    );
  });
});

describe('registration with REGISTRATION_PRIVACY=strict', () => {
  let app: MailService;
  const register = (body: object) => app.service.post('/auth/register', body);

  beforeAll(async () => {
    app = await MailService.start({ auth: { registrationPrivacy: 'strict' } });
    await open(ada);
  });
  afterAll(() => app.stop());

  /** Registers somebody, who opens the link. */
  const open = async (somebody: typeof ada) => {
    await register(somebody);
    await app.verify(somebody.email);
  };

  it('is answered alike for an address that is taken, and only its owner is told', async () => {
    const made = await register(person('grace'));
    await app.verify('grace@example.com');
    const taken = await register({ ...person('grace2'), email: 'GRACE@example.com' });
    expect(made).toMatchObject({ status: 202, body: { detail: expect.stringMatching(/^\S.+\.$/) } });
    expect(look(taken)).toEqual(look(made));
    const mail = await app.mail('registration-attempt', 'grace@example.com');
    expect(mail.text).not.toContain('#token=');
    await app.service.signIn(person('grace'));
    const refused = await app.service.post('/auth/login', { username: 'grace2', password: ada.password });
    expectProblem(refused, 401, 'invalid-credentials');
  });

  it('still tells that a username is taken, whether or not the address is', async () => {
    const free = await register({ ...ada, email: 'free@example.com' });
    expectProblem(free, 409, 'username-taken');
    await open(person('hopper'));
    const taken = await register({ ...ada, username: 'ADA', email: 'hopper@example.com' });
    expect(look(taken)).toEqual(look(free));
  });

  it('still says what is wrong with the input, whether or not the address is taken', async () => {
    for (const email of [ada.email, 'free@example.com']) {
      const answer = await register({ username: 'curie', email, password: 'short1A' });
      expectInvalid(answer, ['body.password', 'password_too_short']);
    }
  });

  it(
    'takes the same time for an address that is taken',
    async () => {
      let turn = 0;
      await expectSameTime(
        () => register({ ...ada, username: `known${turn++}` }),
        () => register(person(`unknown${turn++}`)),
      );
    },
    ROUNDS_WITH_HASHES,
  );
});

describe('a sign-in', () => {
  let service: TestService;
  const imported = `$pbkdf2-sha256$29000$${'x'.repeat(22)}$${'x'.repeat(43)}`;
  const bcrypt = `$2b$04$${'x'.repeat(21)}O${'x'.repeat(31)}`;

  beforeAll(async () => {
    // Failures of an account are counted as ever.
    const rateLimits = { 'sign-in': false, requests: false } as const;
    service = await TestService.start({ rateLimit: true, auth: { rateLimits } });
    const hash = await service.app.get(PasswordsService, { strict: false }).hash(ada.password);
    const accounts = [
      ['known', hash],
      ['inactive', hash],
      ['disabled', hash],
      ['without', null],
      ['passlib', imported],
      ['bcrypt', bcrypt],
      ['guarded', hash],
    ] as const;
    for (const [username, passwordHash] of accounts)
      await service.app
        .get(UsersService)
        .create({ username, email: `${username}@example.com`, passwordHash, role: Role.User });
    await service.database.query(`UPDATE auth_users SET is_active = false WHERE username = 'inactive'`);
    await service.database.query(
      `INSERT INTO auth_totp (id, user_id, secret_sealed, name, created_at, confirmed_at)
       SELECT gen_random_uuid(), id, 'never opened here', 'Phone', now(), now() FROM auth_users WHERE username = 'guarded'`,
    );
    await signIn('disabled');
    await service.database.query('UPDATE auth_sign_in_failures SET failures = 100');
  }, 120_000);
  afterAll(() => service.stop());

  const signIn = (username: string) => service.post('/auth/login', { username, password: 'Synthetical1' });

  /** Nobody has to wait, and who is not disabled will not be. */
  const forgive = async () => {
    await service.database.query(
      `UPDATE auth_sign_in_failures
          SET recent = 1, wait_until = now(), failures = CASE WHEN failures < 100 THEN 1 ELSE 100 END`,
    );
  };

  it.each([
    ['a wrong password', 'known'],
    ['a wrong password of an inactive account', 'inactive'],
    ['a password that too many failures have disabled', 'disabled'],
    ['an account without a password', 'without'],
    ["a wrong password against Passlib's cheap hash", 'passlib'],
    ['a wrong password against a cheap hash of bcrypt', 'bcrypt'],
    ['a wrong password of an account with a second factor', 'guarded'],
  ])(
    'with %s takes the time of one with an unknown name, and is answered alike',
    async (of, username) => {
      await forgive();
      expect(look(await signIn(username))).toEqual(look(await signIn('nobody')));
      await expectSameTime(
        () => signIn(username),
        () => signIn('nobody'),
        { status: 401, of, before: forgive },
      );
    },
    ROUNDS_WITH_HASHES,
  );
});

describe('what is spent beside a cheaper hash', () => {
  it.each([
    ['argon2id', 16],
    ['pbkdf2-sha256', 4],
  ] as const)('grows with its steps in %s', async (name, few) => {
    const counts = [1, 2, 3, 4, 5, 6, 7].map((times) => times * few);
    const times = counts.map(() => [] as number[]);
    for (let turn = 0; turn < 10; turn++) {
      for (const [i, steps] of counts.entries()) {
        const begun = performance.now();
        await hashSchemes[name].spend(steps);
        times[i].push(performance.now() - begun);
      }
    }
    const eachStep = times.map((all, i) => median(all) / counts[i]);
    expect(Math.max(...eachStep) / Math.min(...eachStep)).toBeLessThan(1.5);
  });
});
