// Each command of the runbooks, run in a shell as it is printed, on PostgreSQL of Debian with its pg_dump.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DebianPostgres } from '../support/debian-postgres.js';
import { Program } from '../support/program.js';
import { connectionUrl } from '../support/test-database.js';

const folder = 'docs/runbooks';
const NEW_PASSWORD = 'Difference9Engine';
const root = { username: 'root', email: 'root@example.com', password: 'Correct7Horse' };

/** The commands of a page, or of one of its sections, in their order. */
function commandsOf(page: string, section?: string): string[] {
  let text = readFileSync(`${folder}/${page}.md`, 'utf8');
  if (section) [, text] = new RegExp(`^## ${section}\n(.*?)(?=^## |(?![^]))`, 'ms').exec(text)!;
  const blocks = [...text.matchAll(/^ *```\n([^]*?)^ *```$/gm)];
  return blocks.flatMap(([, block]) => block.trim().split('\n')).map((line) => line.trim());
}

let server: DebianPostgres;
let files: string;
let env: Record<string, string>;
/** Tokens that the first SECRET_KEY has signed. */
let old: Awaited<ReturnType<typeof signIn>>;
/** What has run, to see at the end that it was all. */
const ran = new Set<string>();

beforeAll(async () => {
  server = await DebianPostgres.start();
  files = mkdtempSync(join(tmpdir(), 'astra-runbooks-'));
  mkdirSync(join(files, 'keys'));
  // A checkout, as far as npm needs one; start.js builds in the real one.
  for (const name of ['package.json', 'start.js', 'node_modules'])
    symlinkSync(join(process.cwd(), name), join(files, name));
  const admin = { ...server.connection, database: 'postgres' };
  env = {
    NODE_ENV: 'test',
    SECRET_KEY: Buffer.alloc(32, 'first').toString('base64'),
    DATABASE_URL: connectionUrl({ ...admin, database: 'astra' }),
    ADMIN_URL: connectionUrl(admin),
    POSTGRES_SERVICE_USER: 'astra_runbooks',
    POSTGRES_SERVICE_PASSWORD: 'service-password-1',
    DATA_DIR: files,
    NEW_PASSWORD,
  };
  await query('CREATE DATABASE astra', admin.database);
  const account = `--username ${root.username} --email ${root.email}`;
  runAll([
    'npm run -s astra -- migrate',
    `echo ${root.password} | npm run -s astra -- create-admin ${account}`,
  ]);
}, 120_000);

afterAll(async () => {
  await server.stop();
  rmSync(files, { recursive: true });
});

/** Runs a command as a person would, with its files in a folder of their own. */
function run(command: string, variables: Record<string, string> = {}) {
  ran.add(command);
  return spawnSync('bash', ['-e', '-o', 'pipefail', '-c', command], {
    cwd: files,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'warn', ...env, ...variables },
    encoding: 'utf8',
  });
}

function runAll(commands: string[], variables: Record<string, string> = {}): string {
  expect(commands).not.toEqual([]);
  return commands
    .map((command) => {
      const { status, stdout, stderr } = run(command, variables);
      // doctor ends with 1 where it finds what to improve, as it does on a machine of tests.
      const codes = command.endsWith('doctor') ? [0, 1] : [0];
      if (!codes.includes(status!)) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`);
      return stdout + stderr;
    })
    .join('');
}

async function query(sql: string, database = 'astra'): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(connectionUrl({ ...server.connection, database }));
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts the service for a while. */
async function withService<T>(
  variables: Record<string, string>,
  work: (api: string) => Promise<T>,
): Promise<T> {
  // As `npm start` does, which has been built by the commands.
  const start = [process.execPath, join(process.cwd(), 'start.js'), 'src/main.js'];
  const program = Program.run(start, files, { ...env, PORT: '0', ...variables });
  try {
    return await work(await program.says(/API +(\S+)/));
  } finally {
    program.interrupt();
    expect(await program.exit).toBe(0);
  }
}

async function signIn(api: string, username: string, password: string) {
  const response = await fetch(`${api}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  const body = (await response.json()) as { access_token: string; refresh_token: string };
  return { status: response.status, ...body };
}

const me = async (api: string, token: string) =>
  (await fetch(`${api}/users/me`, { headers: { authorization: `Bearer ${token}` } })).status;

it('backs up, and restores after a loss, with the roles of the service and an intact trail', async () => {
  const backup = runAll(commandsOf('backup-and-restore', 'Backing up'));
  expect(backup).toContain('the audit trail is intact');
  await query('DELETE FROM auth_users');
  // A server that has never seen the service.
  await query('DROP OWNED BY astra_runbooks CASCADE');
  await query('DROP ROLE astra_runbooks');
  const restored = runAll(commandsOf('backup-and-restore', 'Restoring'));
  expect(restored).toContain('the audit trail is intact');
  expect(restored).toMatch(/✓ Rights/);
  expect(restored).toMatch(/[✓!] Database/);
  const status = await withService({}, async (api) => (await signIn(api, 'root', root.password)).status);
  expect(status).toBe(200);
}, 180_000);

it('brings an admin back, by the account or by another one', async () => {
  const [setPassword] = commandsOf('lost-admin', 'The account is known');
  const [another] = commandsOf('lost-admin', 'The account or its second factor is lost');
  runAll([setPassword, another]);
  expect(runAll(commandsOf('lost-admin', 'Afterwards'))).toMatch(/✓ Administrator/);
  await withService({}, async (api) => {
    expect((await signIn(api, 'root', root.password)).status).toBe(401);
    expect((await signIn(api, 'root2', NEW_PASSWORD)).status).toBe(200);
    old = await signIn(api, 'root', NEW_PASSWORD);
    expect(old.status).toBe(200);
  });
}, 120_000);

it('makes everything invalid that a leaked SECRET_KEY has signed', async () => {
  const [verify, generate] = commandsOf('leaked-keys', 'SECRET_KEY');
  expect(runAll([verify])).toContain('the audit trail is intact');
  const SECRET_KEY = run(generate).stdout.trim();
  expect(Buffer.from(SECRET_KEY, 'base64')).toHaveLength(32);
  await withService({ SECRET_KEY }, async (api) => {
    expect(await me(api, old.access_token)).toBe(401);
    const refresh = await fetch(`${api}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: old.refresh_token }),
    });
    expect(refresh.status).toBe(401);
    expect((await signIn(api, 'root', NEW_PASSWORD)).status).toBe(200);
  });
  const after = run(verify, { SECRET_KEY });
  expect({ status: after.status, output: after.stdout }).toMatchObject({
    status: 1,
    output: expect.stringContaining('unsigned') as string,
  });
}, 120_000);

it('makes the tokens of a leaked signing key invalid, and signs nobody out', async () => {
  const signing = { ALGORITHM: 'EdDSA', JWT_PRIVATE_KEYS_DIR: join(files, 'keys') };
  const [rotate, remove] = commandsOf('leaked-keys', 'A signing key');
  expect(run(rotate, signing).status).toBe(0);
  const [leaked] = readdirSync(signing.JWT_PRIVATE_KEYS_DIR);
  await withService(signing, async (api) => {
    const tokens = await signIn(api, 'root', NEW_PASSWORD);
    expect(await me(api, tokens.access_token)).toBe(200);
    runAll([rotate, remove], { ...signing, LEAKED_KID: leaked.replace('.pem', '') });
    for (let i = 0; i < 100 && (await me(api, tokens.access_token)) !== 401; i++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await me(api, tokens.access_token)).toBe(401);
    const response = await fetch(`${api}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: tokens.refresh_token }),
    });
    const { access_token } = (await response.json()) as { access_token: string };
    expect([response.status, await me(api, access_token)]).toEqual([200, 200]);
  });
}, 120_000);

it('looks into the database for the alerts', () => {
  const commands = commandsOf('alerts').filter((command) => !ran.has(command));
  expect(runAll(commands)).toContain('pid');
});

it('has run all commands of all pages', () => {
  const pages = readdirSync(folder).map((file) => file.replace('.md', ''));
  const all = pages.flatMap((page) => commandsOf(page));
  expect(pages.length).toBeGreaterThan(3);
  expect(all.length).toBeGreaterThan(10);
  expect(all.filter((command) => !ran.has(command))).toEqual([]);
});
