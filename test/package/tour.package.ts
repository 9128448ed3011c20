// The package as others get it: packed, installed outside of this repository, built upon and started.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestDatabase, testServerUrl } from '../support/test-database.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(repository, 'docs/integration.md'), 'utf8');
const execute = promisify(execFile);

/** What npm says of this run to the scripts that it starts is not for those of another folder. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_registry)|INIT_CWD|NODE_OPTIONS|ASTRA_)/.test(name),
  ),
);

let root: string;
let host: string;

function run(command: string, folder: string, variables: Record<string, string> = {}) {
  return execute('sh', ['-c', command], {
    cwd: folder,
    env: { ...env, ...variables },
    maxBuffer: 2 ** 26,
  }).catch((error: Error & { stdout: string; stderr: string }) => {
    throw new Error(`${command}\n${error.stdout}\n${error.stderr}`, { cause: error });
  });
}

/** The code blocks of the page that are files. */
async function writeFiles(folder: string): Promise<void> {
  const files = [...page.matchAll(/^`([\w./-]+)`\n\n```\w+\n(.*?)^```$/gms)];
  expect(files.map(([, path]) => path)).toContain('src/main.ts');
  for (const [, path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** The command lines of the page's section. */
function commands(heading: string): string {
  const [, lines] = new RegExp(`^## ${heading}\n.*?^\`\`\`\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  if (!lines) throw new Error(`The page has no commands under ${heading}`);
  return lines;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'astra-package-'));
  const { stdout } = await run(`npm pack --json --pack-destination ${root}`, repository);
  const [, tarball] = /"filename": "([^"]+)"/.exec(stdout) ?? [];
  await run(commands('An empty application').replace('nestjs-astra', join(root, tarball)), root);
  host = join(root, 'my-backend');
  await writeFiles(host);
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

describe.each(['module', 'commonjs'])('a host that is a %s, made by docs/integration.md', (type) => {
  let folder: string;
  let database: TestDatabase;
  let program: ChildProcess;
  let origin: string;
  let output = '';

  beforeAll(async () => {
    // Inside the other, to share what was installed there.
    folder = join(host, type);
    await mkdir(folder);
    await cp(join(host, 'src'), join(folder, 'src'), { recursive: true });
    await cp(join(host, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
    await run('npx tsc', folder);

    database = await TestDatabase.create('template0');
    program = spawn(process.execPath, ['dist/main.js'], {
      cwd: folder,
      env: { ...env, ...settingsOf(database), PORT: '0' },
    });
    for (const stream of [program.stdout!, program.stderr!])
      stream.on('data', (data) => (output += String(data)));
    while (!/Listening at (\S+)/.test(output)) {
      if (program.exitCode !== null) throw new Error(output);
      await sleep(50);
    }
    [, origin] = /Listening at (\S+)/.exec(output)!;
  }, 120_000);
  afterAll(async () => {
    program.kill('SIGTERM');
    await once(program, 'exit');
    await database.drop();
  });

  const ask = async (path: string, token?: string, body?: object) => {
    const response = await fetch(origin + path, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as any };
  };

  it('takes somebody from sign-up to a route for a role', async () => {
    const ada = { username: 'ada', email: 'ada@example.com', password: 'Analytical1' };
    expect((await ask('/auth/register', undefined, ada)).status).toBe(201);
    const signIn = { username: ada.username, password: ada.password };
    const { access_token } = (await ask('/auth/login', undefined, signIn)).body;
    expect((await ask('/users/me', access_token)).body).toMatchObject({ username: 'ada', role: 'user' });

    expect(await ask('/hello')).toEqual({ status: 200, body: { hello: 'whoever you are' } });
    expect((await ask('/hello/me')).status).toBe(401);
    expect(await ask('/hello/me', access_token)).toEqual({ status: 200, body: { hello: 'ada' } });
    expect(await ask('/hello/admins', access_token)).toMatchObject({
      status: 403,
      body: { message: 'Operation requires one of the following roles: admin' },
    });

    const create = 'npx nestjs-astra create-admin --username grace --email grace@example.com';
    expect(page).toContain(create);
    await run(`echo ${ada.password} | ${create}`, host, settingsOf(database));
    const admin = (await ask('/auth/login', undefined, { ...signIn, username: 'grace' })).body;
    expect(await ask('/hello/admins', admin.access_token)).toEqual({
      status: 200,
      body: { hello: 'administrator' },
    });
  });
});

it.each(['notes-backend', 'express-host'])(
  'lets examples/%s pass its tests',
  async (example) => {
    const folder = join(host, example);
    await cp(join(repository, 'examples', example), folder, {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist)$/.test(path),
    });
    await run('npm install --no-save @nestjs/platform-express class-validator class-transformer', host);
    const { stdout } = await run('npm test', folder, { TEST_DATABASE_URL: testServerUrl() });
    expect(stdout).toMatch(/# fail 0|ℹ fail 0/);
  },
  240_000,
);

it('brings the operator commands', async () => {
  const { stdout } = await run('npx nestjs-astra help', host);
  expect(stdout).toContain('create-admin');
});

it('looks at an installation by npx nestjs-astra doctor', async () => {
  const database = await TestDatabase.create();
  try {
    const { stdout } = await run('npx nestjs-astra doctor', host, settingsOf(database));
    expect(stdout).toMatch(/✓ Migrations +all \d+ are applied/);
    expect(stdout).toMatch(/, 0 wrong$/m);
  } finally {
    await database.drop();
  }
});

function settingsOf({ connection }: TestDatabase): Record<string, string> {
  const url = new URL(testServerUrl());
  url.pathname = connection.database;
  return { DATABASE_URL: url.href, SECRET_KEY: 'a secret key for a host outside of it' };
}
