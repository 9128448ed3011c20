import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './support/eventually.js';
import { Program } from './support/program.js';

describe('the service as a process', () => {
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-process-'));
    env = { DATA_DIR: folder, PORT: '0' };
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('starts from nothing, keeps its data over a restart, and stops at Ctrl-C with its Postgres', async () => {
    const admin = ['create-admin', '--username', 'root', '--email', 'root@example.com'];
    const first = Program.start('main.ts', [], env);
    const url = await first.says(/API +(\S+)/);
    expect(first.output).toContain(
      `SECRET_KEY is not set: generated one for development and stored it in ${join(folder, 'secret-key')}`,
    );
    expect((await stat(join(folder, 'secret-key'))).mode & 0o777).toBe(0o600);

    // Beside the running service, on the same embedded server.
    const made = Program.start('cli.ts', admin, env, 'Correct7Horse\n');
    expect(await made.exit).toBe(0);
    expect(made.output).toContain('Created the admin root.');
    const signIn = async (api: string) => {
      const response = await fetch(`${api}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'root', password: 'Correct7Horse' }),
      });
      return (await response.json()) as { access_token: string };
    };
    const { access_token } = await signIn(url);
    const secret = await readFile(join(folder, 'secret-key'), 'utf8');
    first.interrupt();
    expect(await first.exit).toBe(0);
    await expect(stat(join(folder, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');

    // As the package's own program does, which has no other name for it.
    const second = Program.start('cli.ts', [], env);
    const again = await second.says(/API +(\S+)/);
    expect(await readFile(join(folder, 'secret-key'), 'utf8')).toBe(secret);
    const dashboard = await fetch(`${again}/users/admin-dashboard`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(await dashboard.json()).toMatchObject({ message: 'Welcome to admin dashboard, root!' });

    const twice = Program.start('cli.ts', admin, env, 'Another7Horse\n');
    expect(await twice.exit).toBe(0);
    expect(twice.output).toContain('An admin already exists. Nothing was changed.');
    second.interrupt();
    expect(await second.exit).toBe(0);
  }, 90_000);

  it('makes the administrator that the settings name, once', async () => {
    const data = await mkdtemp(join(tmpdir(), 'astra-process-'));
    const seeded = {
      DATA_DIR: data,
      PORT: '0',
      ADMIN_USERNAME: 'chief',
      ADMIN_EMAIL: 'chief@example.com',
      ADMIN_PASSWORD: 'Correct7Horse',
    };
    const service = Program.start('main.ts', [], seeded);
    await service.says(/(Docs)/);
    expect(service.output).toContain('Created the admin chief');
    service.interrupt();
    expect(await service.exit).toBe(0);
    await rm(data, { recursive: true });
  });

  it('says in one line that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const service = Program.start('main.ts', [], { ...env, HOST: '127.0.0.1', PORT: String(port) });
    expect(await service.exit).toBe(1);
    expect(service.output.trim().split('\n').at(-1)).toBe(
      `Port ${port} is in use. Set PORT to another port, or to 0 for any free port.`,
    );
    other.close();
  });

  it.each([
    ['a wrong setting', { PORT: 'abc' }, 'PORT must be'],
    ['an unknown one', { REFRESH_TOKEN_EXPIRE_MINUTS: '5' }, 'REFRESH_TOKEN_EXPIRE_MINUTES'],
    ['no secret in production', { NODE_ENV: 'production', POSTGRES_HOST: '127.0.0.1' }, 'SECRET_KEY'],
    [
      'a database that refuses',
      { DATABASE_URL: 'postgres://nobody:wrong@127.0.0.1:1/nothing' },
      'The database is not responding yet',
    ],
  ])('names the culprit soon: %s', async (_, setting, line) => {
    const service = Program.start('main.ts', [], { ...env, ...(setting as Record<string, string>) });
    const from = performance.now();
    while (!service.output.includes(line) && performance.now() - from < 20_000) await sleep(50);
    expect(service.output).toContain(line);
    expect(service.output).not.toContain('wrong@');
    service.interrupt();
    await service.exit;
    expect(service.output).not.toMatch(/^ +at /m);
  });
});

it('writes lines to the log soon, in order, and the last ones before it ends because of an uncaught error', async () => {
  const program = Program.start('../test/support/logging.ts', [], { DATA_DIR: tmpdir() });
  const lines = () =>
    program.printed
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { message: string }).message);
  const some = Array.from({ length: 100 }, (_, i) => `line ${i + 1} of 100`);
  await program.says(/(line 100 of 100)/);
  expect(lines()).toEqual(some);
  expect(await program.exit).toBe(1);
  await eventually(async () =>
    expect(lines()).toEqual([...some, ...some, 'Uncaught TypeError. Exiting: nobody catches this']),
  );
});

describe('the command line', () => {
  it('lists its commands, and knows when there is none of a name', async () => {
    const listing = Program.start('cli.ts', ['help'], { DATA_DIR: tmpdir() });
    expect(await listing.exit).toBe(0);
    expect(listing.output).toMatch(/^Usage: astra \[command\][^]*migrate[^]*create-admin[^]*rotate-keys/m);
    const unknown = Program.start('cli.ts', ['destroy'], { DATA_DIR: tmpdir() });
    expect(await unknown.exit).toBe(2);
    expect(unknown.output).toContain('Unknown command "destroy".');
  });
});
