import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { UsersService } from '../src/users/users.service.js';
import { expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { runAstra } from './support/run-astra.js';
import { ada } from './support/test-service.js';

const { password } = ada;
const HELD = /^Another account stopped using this email address less than 7 days ago/;

let app: MailService;
let admin: string;
let folder: string;
let mover: string;
/** Of the message by which the old mailbox undoes the change. */
let undo: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-held-'));
  app = await MailService.start();
  const chief = await app.service.signUp({ username: 'chief', email: 'chief@example.com' });
  await app.service.app.get(UsersService, { strict: false }).update(chief.id, { role: 'admin' });
  admin = chief.access_token;

  const { id, access_token } = await app.signUp({ username: 'mover', email: 'held@example.com', password });
  mover = id;
  const change = { new_email: 'moved@example.com', current_password: password };
  await app.service.post('/users/me/email', change, access_token);
  const token = await app.token('confirm-email-change', 'moved@example.com');
  await app.service.post('/auth/email/confirm', { token });
  undo = await app.token('email-changed', 'held@example.com');
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});

async function importLines(lines: object[], ...options: string[]) {
  const file = join(folder, 'in.jsonl');
  await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  return runAstra(app.service.database, ['users', 'import', file, ...options]);
}

const owners = (email: string) =>
  app.service.database.query<{ username: string }>(
    'SELECT username FROM auth_users WHERE email = $1 AND deleted_at IS NULL',
    [email],
  );

describe('an address that an old mailbox may take back', () => {
  const spellings = ['held@example.com', 'HELD@Example.COM'];

  it('is not registered, nor given by an admin', async () => {
    for (const [turn, email] of spellings.entries()) {
      const squatter = { username: `squatter${turn}`, email, password };
      expectProblem(await app.service.post('/auth/register', squatter), 409, 'email-taken');
      expectProblem(await app.service.post('/admin/users', squatter, admin), 409, 'email-taken');
    }
  });

  it.each([['in earnest'], ['in a rehearsal', '--dry-run']])(
    'is not imported from a file, %s',
    async (_, ...options) => {
      const { exitCode, printed, noticed } = await importLines(
        [
          ...spellings.map((email, turn) => ({ username: `filed${turn}`, email })),
          { username: `free${options.length}`, email: `free${options.length}@example.com` },
        ],
        ...options,
      );
      expect(exitCode).toBe(1);
      expect([...printed, ...noticed].join('\n')).toMatch(/1 (would be )?added/i);
      const refused = noticed.filter((line) => line.startsWith('line '));
      expect(refused.length).toBe(2);
      for (const line of refused) expect(line.replace(/^line \d: email: /, '')).toMatch(HELD);
      expect(await owners('held@example.com')).toEqual([]);
    },
  );

  it('is not imported by who waits for the account to move away', async () => {
    const { id } = await app.signUp({ username: 'slow', email: 'slow@example.com', password });
    const db = await new DataSource(dataSourceOptions(app.service.database.connection)).initialize();
    const runner = db.createQueryRunner();
    try {
      await runner.startTransaction();
      await runner.query(`UPDATE auth_users SET email = 'slow2@example.com' WHERE id = $1`, [id]);
      const importing = importLines([{ username: 'quick', email: 'slow@example.com' }]);
      for (;;) {
        const waiting = await app.service.database.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        if (waiting.length > 0) break;
      }
      await runner.query(
        `INSERT INTO auth_email_undos (token_hash, user_id, email, email_key, created_at, expires_at)
         VALUES ('\\x00', $1, 'slow@example.com', 'slow@example.com', now(), now() + interval '7 days')`,
        [id],
      );
      await runner.commitTransaction();
      const { exitCode, noticed } = await importing;
      expect({ exitCode, noticed }).toMatchObject({
        exitCode: 1,
        noticed: expect.arrayContaining([
          expect.stringMatching(/^line 1: email: Another account stopped using this email address/),
        ]),
      });
      expect(await owners('slow@example.com')).toEqual([]);
    } finally {
      await runner.release();
      await db.destroy();
    }
  });

  it('comes back to its account, and can be imported when that has gone or the days are over', async () => {
    expect((await app.service.post('/auth/email/undo', { token: undo })).status).toBe(204);
    expect(await owners('held@example.com')).toEqual([{ username: 'mover' }]);
    await app.service.delete(`/admin/users/${mover}`, admin);
    await app.service.database.query('UPDATE auth_email_undos SET expires_at = now()');
    const { printed } = await importLines([
      { username: 'next1', email: 'held@example.com' },
      { username: 'next2', email: 'slow@example.com' },
    ]);
    expect(printed.join()).toMatch(/2 added/);
  });
});
