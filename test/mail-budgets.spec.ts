import { DataSource } from 'typeorm';
import { MailService as Mail } from '../src/mail/mail.service.js';
import { eventually } from './support/eventually.js';
import { verified } from './support/mail.js';
import { MailService } from './support/mail-service.js';
import { person, TestService } from './support/test-service.js';

let app: MailService;
let other: TestService;
beforeAll(async () => {
  app = await MailService.start();
  other = await TestService.start({ on: app.service.database, auth: { worker: false } });
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});

const notify = (to: string, { service = app.service, email = to } = {}) =>
  service.app
    .get(DataSource)
    .transaction((tx) =>
      service.app
        .get(Mail, { strict: false })
        .enqueue('password-changed', verified(email), { changedAt: new Date() }, tx),
    );
const countOf = (to: string) =>
  app.smtp.received.filter(({ recipients }) => recipients[0].toLowerCase() === to).length;
/** Moves the clock of all mailboxes, and of the digests that wait. */
const pass = async (hours: number) => {
  const { database } = app.service;
  await database.query(
    `UPDATE auth_mail_budgets SET hour_ends_at = hour_ends_at - make_interval(hours => $1),
                                  day_ends_at = day_ends_at - make_interval(hours => $1)`,
    [hours],
  );
  await database.query(
    `UPDATE astra_jobs.job SET start_after = start_after - make_interval(hours => $1) WHERE name = 'mail-digest'`,
    [hours],
  );
};
const waitingDigests = async () => {
  const waiting = `SELECT data->'payload'->>'to' AS "to" FROM astra_jobs.job WHERE name = 'mail-digest' AND state = 'created'`;
  return (await app.service.database.query<{ to: string }>(waiting)).map(({ to }) => to);
};

it('sends a mailbox 5 notices an hour, however many are due at once on two instances, and tells of the others by one digest', async () => {
  const to = 'crowd@example.com';
  const sent = await Promise.all(
    Array.from({ length: 24 }, (_, turn) =>
      notify(to, {
        service: turn % 2 ? other : app.service,
        email: turn % 3 ? to : 'Crowd@EXAMPLE.com',
      }),
    ),
  );
  expect(sent.filter(Boolean)).toHaveLength(5);
  await eventually(async () => expect(countOf(to)).toBe(5));
  expect(await waitingDigests()).toHaveLength(1);

  await pass(1);
  await eventually(async () => expect(countOf(to)).toBe(6), 10_000);
  const { text } = app.smtp.received.at(-1)!;
  expect(text).toContain('There were 19 more changes to your account since our last message.');

  // It is one of the five of the next hour.
  for (let turn = 0; turn < 6; turn++) await notify(to);
  await eventually(async () => expect(countOf(to)).toBe(10));
  await pass(1);
  await eventually(async () => expect(countOf(to)).toBe(11), 10_000);
  expect(app.smtp.received.at(-1)!.text).toContain('There were 2 more changes');
}, 60_000);

it('sends 20 in a day, with the digests', async () => {
  const to = 'busy@example.com';
  for (let hour = 0; hour < 6; hour++) {
    for (let turn = 0; turn < 8; turn++) await notify(to);
    if (hour < 4) await pass(1);
    const expected = Math.min(20, 5 + 5 * hour + (hour < 3 ? 1 : 0));
    await eventually(async () => expect(countOf(to)).toBe(expected), 10_000);
  }
  expect(countOf(to)).toBe(20);
  await pass(24);
  await eventually(async () => expect(countOf(to)).toBe(21), 10_000);
}, 60_000);

it('forgets a message whose transaction is undone', async () => {
  const to = 'undone@example.com';
  const { app: nest } = app.service;
  for (let turn = 0; turn < 20; turn++) {
    const undone = nest.get(DataSource).transaction(async (tx) => {
      const notice = { changedAt: new Date() };
      await nest.get(Mail, { strict: false }).enqueue('password-changed', verified(to), notice, tx);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
  }
  expect(await notify(to)).toBe(true);
  await eventually(async () => expect(countOf(to)).toBe(1));
});

it('removes a digest that waits when the account is erased', async () => {
  const to = 'erased@example.com';
  for (let turn = 0; turn < 6; turn++) await notify(to);
  expect(await waitingDigests()).toContain(to);
  const { app: nest } = app.service;
  await nest.get(DataSource).transaction((tx) => nest.get(Mail, { strict: false }).discard(to, tx));
  expect(await waitingDigests()).not.toContain(to);
});

describe('Attempts to deliver messages', () => {
  const to = 'counted@example.com';
  let token: string;
  const countsOf = async (query = '') =>
    (await app.service.get(`/admin/mail-counts${query}`, token)).body as Record<string, number>;
  beforeAll(async () => {
    const admin = await app.signUp(person('curator'));
    await app.service.database.query(`UPDATE auth_users SET role = 'admin' WHERE id = $1`, [admin.id]);
    token = (await app.service.signIn(admin)).access_token;
    await app.settled();
  });
  afterEach(() => {
    app.smtp.behave = () => 'accept';
  });

  it('are counted for admins, by outcome and hour, for all instances', async () => {
    const { database } = app.service;
    await database.query(`UPDATE auth_mail_counts SET hour = hour - interval '3 hours'`);
    const before = await countsOf();
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const recent = `?from=${at(-1.5)}&to=${at(1)}`;
    expect(await countsOf(recent)).toEqual({ sent: 0, failed: 0, given_up: 0 });

    let refusals = 1;
    app.smtp.behave = (command, about) => {
      if (command !== 'RCPT TO' || !about?.startsWith('counted')) return 'accept';
      if (about.startsWith('counted-not')) return { code: 550, text: 'No such user' };
      return refusals-- > 0 ? { code: 451, text: 'Try again later' } : 'accept';
    };
    await notify(to);
    await notify('counted-not@example.com');
    const outcome = { sent: 1, failed: 1, given_up: 1 };
    await eventually(async () => expect(await countsOf(recent)).toEqual(outcome), 10_000);
    expect((await countsOf()).sent).toBe(before.sent + 1);
    // The end does not belong to it.
    expect((await countsOf(`?to=${at(-1.5)}`)).sent).toBe(before.sent);
    const [{ isWhole }] = await database.query<{ isWhole: boolean }>(
      `SELECT bool_and(date_trunc('hour', hour, 'UTC') = hour) AS "isWhole" FROM auth_mail_counts`,
    );
    expect(isWhole).toBe(true);
    expect((await app.service.get('/admin/mail-counts?from=yesterday', token)).status).toBe(422);
  });

  it('that cannot be counted are made once all the same', async () => {
    const { database } = app.service;
    await database.query('ALTER TABLE auth_mail_counts RENAME TO auth_mail_counts_away');
    try {
      await notify('uncounted@example.com');
      await eventually(async () => expect(countOf('uncounted@example.com')).toBe(1));
      await app.settled();
    } finally {
      await database.query('ALTER TABLE auth_mail_counts_away RENAME TO auth_mail_counts');
    }
    expect(countOf('uncounted@example.com')).toBe(1);
  });
});
