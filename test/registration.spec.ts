import { expectGuardedHeaders, expectInvalid, expectProblem } from './support/expect-problem.js';
import { ada, TestService } from './support/test-service.js';

const grace = { username: 'Grace.Hopper', email: 'Grace@Example.com', password: 'Nanosecond30cm' };

describe('registration', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await TestService.start();
    await service.signUp();
  });
  afterAll(() => service.stop());

  const register = (body: unknown) => service.post('/auth/register', body);

  it('makes an account and shows it, without its password', async () => {
    const answer = await register({ ...grace, full_name: '  Grace Hopper ' });

    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      username: 'Grace.Hopper',
      email: 'Grace@Example.com',
      email_verified: false,
      full_name: 'Grace Hopper',
      kind: 'person',
      role: 'user',
      is_active: true,
      factors: [],
      must_enrol: false,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: answer.body.created_at,
    });
    expectGuardedHeaders(answer.headers);
  });

  it('keeps the password as an argon2id hash only', async () => {
    const [row] = await service.database.query('SELECT * FROM auth_users WHERE username = $1', ['ada']);
    expect(row.hashed_password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(JSON.stringify(row)).not.toContain(ada.password);
  });

  it.each([
    ['username', { username: 'ada' }, 'username-taken', 'Username already registered'],
    ['username in other case', { username: 'ADA' }, 'username-taken', 'Username already registered'],
    ['email address', { email: 'ada@example.com' }, 'email-taken', 'Email already registered'],
    ['email address in other case', { email: 'Ada@EXAMPLE.com' }, 'email-taken', 'Email already registered'],
  ] as const)('refuses a taken %s', async (_, taken, code, detail) => {
    const answer = await register({
      username: 'other',
      email: 'other@example.com',
      password: 'Different1',
      ...taken,
    });
    expectProblem(answer, 409, code);
    expect(answer.body.detail).toBe(detail);
  });

  it.each([
    ['missing', undefined],
    ['string_type', 17],
    ['string_too_short', 'ab'],
    ['string_too_long', 'a'.repeat(51)],
    ['string_pattern_mismatch', 'ada lovelace'],
    ['string_pattern_mismatch', 'ada@example.com'],
    ['string_pattern_mismatch', 'аda'], // the first letter is Cyrillic
  ])('answers %s to the username %j', async (code, username) => {
    const answer = await register({ ...grace, username });
    expectProblem(answer, 422, 'invalid-input');
    expect(answer.body.errors).toContainEqual({ loc: ['body', 'username'], code, msg: expect.any(String) });
  });

  it.each([
    'nobody',
    'ada@',
    '"ada lovelace"@example.com',
    '"a@evil.com x"@example.com',
    'ada@[127.0.0.1]',
    'Ada <ada@example.com>',
    'ada@example.com\n',
    `${'a'.repeat(60)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.com`, // 256 bytes
  ])('refuses the address %j', async (email) => {
    expectInvalid(await register({ ...grace, email }), ['body.email', 'value_error']);
  });

  it.each([
    [['password_too_short'], 'Short1a'],
    [['password_too_long'], `Aa1${'x'.repeat(126)}`],
    [['password_needs_upper'], 'analytical1'],
    [['password_needs_lower'], 'ANALYTICAL1'],
    [['password_needs_digit'], 'Analytical!'],
    [['password_too_common'], 'Password123'],
    [['password_too_short', 'password_needs_upper', 'password_needs_digit'], 'kettl'],
  ])('answers %j to a password that is refused, and does not repeat it', async (codes, password) => {
    const answer = await register({ ...grace, password });
    expectInvalid(answer, ...codes.map((code): [string, string] => ['body.password', code]));
    expect(JSON.stringify(answer.body)).not.toContain(password);
  });

  it.each([
    ['the username', { username: 'Babbage1791', password: 'bABBAGE1791' }],
    ['the address', { email: 'Babbage1@example.com', password: 'babbage1@Example.com' }],
    ['the first part of the address', { email: 'Babbage1791@example.com', password: 'bABBAGE1791' }],
  ])('refuses %s as the password', async (_, person) => {
    const answer = await register({ ...grace, ...person });
    expect(answer.body.errors.map(({ code }: { code: string }) => code)).toContain('password_is_personal');
  });

  it('names every wrong field at once', async () => {
    const answer = await register({ username: 'x', email: 'x' });
    expectInvalid(
      answer,
      ['body.username', 'string_too_short'],
      ['body.email', 'value_error'],
      ['body.password', 'missing'],
    );
    expect(answer.body.detail).toBe('Invalid username, email, and password: see `errors` for details.');
  });

  it.each([
    ['role', 'admin'],
    ['is_active', true],
    ['email_verified', true],
    ['id', '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11'],
  ])('lets nobody choose their %s', async (field, value) => {
    const answer = await register({ ...grace, username: 'climber', email: 'c@example.com', [field]: value });
    expectInvalid(answer, [`body.${field}`, 'extra_forbidden']);
    expect(await service.database.query(`SELECT 1 FROM auth_users WHERE username = 'climber'`)).toEqual([]);
  });

  it.each([
    ['an empty name', { full_name: '   ' }, null],
    ['no name', {}, null],
    ['a name of other letters', { full_name: 'Jo\u0308rg 李小龍' }, 'J\u00f6rg 李小龍'], // in NFC
  ])('takes %s', async (what, fields, expected) => {
    const name = what.replaceAll(' ', '.');
    const answer = await register({ ...grace, username: name, email: `${name}@example.com`, ...fields });
    expect(answer).toMatchObject({ status: 201, body: { full_name: expected } });
  });

  it.each([
    ['string_too_long', 'x'.repeat(101)],
    ['string_pattern_mismatch', 'Ada\u0007Lovelace'],
  ])('answers %s to a name that cannot be kept', async (code, full_name) => {
    expectInvalid(await register({ ...grace, full_name }), ['body.full_name', code]);
  });
});

describe('registration with PASSWORD_POLICY=nist', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await TestService.start({ auth: { passwordPolicy: 'nist' } });
  });
  afterAll(() => service.stop());

  it('wants fifteen characters of any kind', async () => {
    const short = await service.post('/auth/register', { ...ada, password: 'Analytical1' });
    expectInvalid(short, ['body.password', 'password_too_short']);

    const long = await service.post('/auth/register', { ...ada, password: 'weaves algebraic patterns' });
    expect(long.status).toBe(201);
  });
});
