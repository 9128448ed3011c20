import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportConflict } from '../../src/fastapi/import/import-conflict.js';
import { MailService } from '../support/mail-service.js';
import { ada } from '../support/test-service.js';
import { createFastApiDatabase, person as original } from './support/fastapi-database.js';
import { runImport } from './support/run-import.js';

const { password } = ada;
const HELD = /^Another account stopped using this email address less than 7 days ago/;

let app: MailService;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-held-'));
  app = await MailService.start();
  const { access_token } = await app.signUp({ username: 'mover', email: 'held@example.com', password });
  const change = { new_email: 'moved@example.com', current_password: password };
  await app.service.post('/users/me/email', change, access_token);
  const token = await app.token('confirm-email-change', 'moved@example.com');
  await app.service.post('/auth/email/confirm', { token });
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});

const owners = (email: string) =>
  app.service.database.query<{ username: string }>(
    'SELECT username FROM auth_users WHERE email = $1 AND deleted_at IS NULL',
    [email],
  );

it('an address that an old mailbox may take back is not taken over from the FastAPI service, nor in a rehearsal', async () => {
  const from = await createFastApiDatabase([
    original('fastapi1', { email: 'Held@example.com' }),
    original('fastapi2'),
  ]);
  try {
    for (const options of [['--dry-run'], []]) {
      const report = join(folder, 'report.jsonl');
      const run = { from, on: app.service.database };
      expect((await runImport([...options, '--report', report], run)).exitCode).toBe(1);
      const conflicts = (await readFile(report, 'utf8')).trimEnd().split('\n');
      expect(conflicts.map((line) => JSON.parse(line) as ImportConflict)).toEqual([
        expect.objectContaining({
          source_id: 1,
          problems: [{ code: 'email-held', message: expect.stringMatching(HELD) }],
        }),
      ]);
    }
    expect(await owners('held@example.com')).toEqual([]);
    expect(await owners('fastapi2@example.com')).toHaveLength(1);
  } finally {
    await from.drop();
  }
});
