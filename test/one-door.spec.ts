import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
/** A folder of a way in, from which all services of sessions are in sight. */
const ROOM = 'src/auth/sign-in/password';

/** Writes a service that is handed what begins sessions, and does something with it. */
const wayIn = (statement: string) => `
  import type { EntityManager } from 'typeorm';
  import type { SessionsService } from '../../sessions/sessions.service.js';
  import type { SignInService } from '../sign-in.service.js';
  export const enter = (sessions: SessionsService, signIns: SignInService, tx: EntityManager) => {
    const call = (method: unknown) => method;
    ${statement}
  };`;

/** Ways in that skip the door. */
const planted: Record<string, string> = {
  'calls-it': wayIn('return sessions.start(...([] as unknown as Parameters<SessionsService["start"]>));'),
  'finishes-it': wayIn('return signIns.finish(...([] as unknown as Parameters<SignInService["finish"]>));'),
  'hands-it-on': wayIn('return call(sessions.start.bind(sessions));'),
  'writes-it-with-brackets': wayIn("return call(sessions['start'].bind(sessions));"),
  'takes-it-apart': wayIn('const { start } = sessions; return call(start);'),
  'renames-it': wayIn('const { finish: end } = signIns; return call(end);'),
  'takes-it-from-an-argument': wayIn(
    'return (({ start }: Pick<SessionsService, "start">) => call(start))(sessions);',
  ),
  'writes-the-row': wayIn('return tx.query("INSERT INTO auth_sessions (id) VALUES ($1)");'),
};
/** Code that only looks like it. */
const innocent = wayIn("return call({ start: 1, finish: 2 }.start + 'sessions.start()'.length);");

/** Runs the rule on a copy of the code with more files. */
async function check(files: Record<string, string>): Promise<{ code: number; output: string }> {
  const copy = await mkdtemp(join(tmpdir(), 'astra-door-'));
  try {
    for (const name of ['src', 'migrations', 'tsconfig.json', 'package.json', 'ormconfig.ts'])
      await cp(join(root, name), join(copy, name), { recursive: true });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(copy, ROOM, `${name}.ts`), text);
    return await new Promise((resolve) => {
      const args = [join(root, 'test/support/one-door.mjs')];
      execFile(process.execPath, args, { cwd: copy }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
      );
    });
  } finally {
    await rm(copy, { recursive: true });
  }
}

it('a way in that skips the door fails lint, in whatever form, and nothing else does', async () => {
  const { code, output } = await check({ ...planted, innocent });
  expect(code).toBe(1);
  const named = output
    .split('\n')
    .filter((line) => /begins a session|writes auth_sessions/.test(line))
    .map((line) => line.slice(ROOM.length + 1).replace(/\.ts:.*/, ''));
  expect([...new Set(named)].sort()).toEqual(Object.keys(planted).sort());
  expect(output.trim().split('\n')).toHaveLength(named.length);
}, 120_000);

it('the code as it is passes', async () => {
  expect(await check({ innocent })).toEqual({ code: 0, output: expect.stringContaining('One door') });
}, 120_000);
