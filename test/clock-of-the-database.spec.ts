import { AccountErasureService } from '../src/auth/account/account-erasure.service.js';
import { AuditRetention } from '../src/audit/retention/audit-retention.js';
import { RateLimitsService } from '../src/rate-limit/rate-limits.service.js';
import { clockReaders } from './support/clock-readers.js';
import { MailService } from './support/mail-service.js';
import { ada } from './support/test-service.js';

const RealDate = Date;

/** Has the clock of this process, and not that of the database, be wrong by so many seconds. */
function setClock(seconds: number): void {
  const now = () => RealDate.now() + seconds * 1000;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length > 0 ? args : [now()], newTarget) as Date,
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  });
}

const DAY = 24 * 60 * 60;

let app: MailService;
beforeAll(async () => {
  app = await MailService.start({ rateLimit: true, trustedProxies: ['127.0.0.1'] });
});
afterEach(() => {
  globalThis.Date = RealDate;
});
afterAll(() => app.stop());

const provide = <T>(type: new (...parameters: never[]) => T): T =>
  app.service.app.get(type, { strict: false });

describe('an instance whose clock is wrong', () => {
  it('erases no account before the days of grace are over by the clock of the database, and each after', async () => {
    const { id } = await app.service.signUp(ada);
    const accounts = () => app.service.database.query('SELECT FROM auth_users WHERE id = $1', [id]);
    await app.service.database.query(
      `UPDATE auth_users SET deleted_at = now() - interval '29 days 23 hours' WHERE id = $1`,
      [id],
    );
    setClock(2 * DAY);
    await provide(AccountErasureService).erase();
    expect(await accounts()).toHaveLength(1);

    await app.service.database.query(
      `UPDATE auth_users SET deleted_at = now() - interval '30 days 1 hour' WHERE id = $1`,
      [id],
    );
    setClock(-2 * DAY);
    await provide(AccountErasureService).erase();
    expect(await accounts()).toHaveLength(0);
  });

  it.each([2 * DAY, -2 * DAY])('forgets of the audit trail what is old there (%i s off)', async (seconds) => {
    setClock(seconds);
    const moment = await provide(AuditRetention).daysAgo(90);
    const [{ off }] = await app.service.database.query<{ off: number }>(
      `SELECT abs(extract(epoch FROM $1::timestamptz - (now() - interval '90 days')))::float AS off`,
      [moment],
    );
    expect(off).toBeLessThan(60);
  });

  it.each([2 * DAY, -2 * DAY])('sends links that are good there (%i s off)', async (seconds) => {
    const username = `reader${seconds < 0 ? 'behind' : 'ahead'}`;
    setClock(seconds);
    await app.service.post('/auth/register', { ...ada, username, email: `${username}@example.com` });
    const { recipients } = await app.mail('verify-email', `${username}@example.com`);
    expect(recipients).toEqual([`${username}@example.com`]);
  });

  it.each([2 * DAY, -2 * DAY])('counts windows, and ends them, as others do (%i s off)', async (seconds) => {
    const headers = { 'x-forwarded-for': seconds < 0 ? '192.0.2.1' : '192.0.2.2' };
    const register = () => app.service.request('POST', '/auth/register', { body: {}, headers });
    for (let i = 0; i < 20; i++) expect((await register()).status).toBe(422);
    setClock(seconds);
    await provide(RateLimitsService).purge();
    const refused = await register();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(3600);

    const other = { 'x-forwarded-for': seconds < 0 ? '192.0.2.3' : '192.0.2.4' };
    await app.service.request('POST', '/auth/login', { body: {}, headers: other });
    await app.service.database.query(
      `UPDATE auth_rate_limits SET expire = extract(epoch FROM now()) * 1000 - 1000 WHERE key LIKE 'sign-in:%'`,
    );
    const answer = await app.service.request('POST', '/auth/login', { body: {}, headers: other });
    expect(answer.headers.get('ratelimit')).toMatch(/^"sign-in";r=29;t=(60|59)$/);
  });
});

/**
 * Where the clock of the process is read, and why that is no comparison with a time of the database. What is new here has to
 * be looked at: times that the database keeps are compared in SQL.
 */
const readers: Record<string, string> = {
  'admin/users/change/change-user.service.ts': 'tells a time',
  'admin/users/restore/restore-user.service.ts': 'tells a time',
  'admin/user-files/user-import.service.ts': 'tells a time',
  'access/recent-sign-in.ts': 'times of a principal, which are those of this process, and of tokens',
  'auth/api-keys/use/api-key-cache.ts': 'as the cache of principals',
  'auth/email-change/email-change.service.ts': 'tells a time',
  'auth/email-change/email-undo.service.ts': 'tells a time',
  'auth/factors/factor-consequences.ts': 'tells a time',
  'auth/factors/passkeys/challenges.ts': 'challenges, which are kept for an hour longer than they are valid',
  'auth/factors/passkeys/changes/passkey-consequences.ts': 'tells a time',
  'auth/factors/passkeys/passkey-proofs.service.ts': 'tells a time',
  'auth/passwords/password-replacement.service.ts': 'tells a time',
  'auth/providers/client/id-tokens.ts': 'times of another clock, with a tolerance',
  'auth/providers/client/provider-metadata.ts': 'times of this process',
  'auth/providers/identities/identities.service.ts': 'tells a time',
  'auth/providers/way/ways.ts': 'sealed ways, which are kept for an hour longer than they are valid',
  'auth/sessions/principal-cache.ts': 'seconds that the database says are left',
  'auth/refresh/token-replay.service.ts': 'tells a time',
  'auth/sign-in/new-device-notice.service.ts': 'tells a time',
  'auth/providers/waiting/provider-answers.service.ts':
    'ID tokens, which are kept for an hour longer than they are valid',
  'auth/tokens/access-token-claims.ts': 'tokens',
  'auth/tokens/access-tokens.ts': 'tokens',
  'auth/tokens/keys/keyring.ts': 'key files',
  'auth/tokens/keys/rotate-keys.ts': 'key files',
  'client/session.ts': 'runs elsewhere, and takes lifetimes, never times, from the service',
  'commands/doctor/database-checks.ts': 'compares the clocks, which is what it is for',
  'commands/seed/seed.ts': 'tells a time',
  'database/embedded/cluster.ts': 'waits, and files',
  'database/embedded/embedded-postgres.ts': 'waits',
  'database/primary.ts': 'compares the clocks, which is what it is for',
  'jobs/job-runner.ts': 'times of this process',
  'mail/dev/dev-mailbox.ts': 'tells a time',
  'audit/refusals/window-counter.ts': 'times of this process',
  'testing/totp-code.ts': 'codes of a device, whose clock is that of the tests',
  'users/user-changes.service.ts': 'tells a time',
};

it('the clock of the process is read where it is known why', () => {
  const found = clockReaders('src').filter((file) => !file.startsWith('fastapi/'));
  expect(found).toEqual(Object.keys(readers).sort());
});
