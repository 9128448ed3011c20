// The package as others get it: packed, installed outside of this repository, built upon and started.
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Page, Program, repository, run, tarball } from '../support/outside.js';
import { connectionUrl, TestDatabase, testServerUrl } from '../support/test-database.js';

const page = await Page.read('integration.md');
const examples = ['notes-backend', 'express-host'];

let root: string;
let host: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'astra-package-'));
  await run(page.commands('An empty application').replace('nestjs-astra', tarball()), root);
  host = join(root, 'my-backend');
  await page.writeFiles(host);
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

describe.each(['module', 'commonjs'])('a host that is a %s, made by docs/integration.md', (type) => {
  let folder: string;
  let database: TestDatabase;
  let program: Program;

  beforeAll(async () => {
    // Inside the other, to share what was installed there.
    folder = join(host, type);
    await mkdir(folder);
    await cp(join(host, 'src'), join(folder, 'src'), { recursive: true });
    await cp(join(host, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
    await run('npx tsc', folder);

    database = await TestDatabase.create('template0');
    program = await Program.start(['dist/main.js'], folder, settingsOf(database));
  }, 120_000);
  afterAll(async () => {
    await program.stop();
    await database.drop();
  });
  const ask: Program['ask'] = (...request) => program.ask(...request);

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
    expect(page.text).toContain(create);
    await run(`echo ${ada.password} | ${create}`, host, settingsOf(database));
    const admin = (await ask('/auth/login', undefined, { ...signIn, username: 'grace' })).body;
    expect(await ask('/hello/admins', admin.access_token)).toEqual({
      status: 200,
      body: { hello: 'administrator' },
    });
  });
});

it.each(examples)(
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

it('brings its pages, and what README.md and the examples lead to', async () => {
  const folder = join(host, 'node_modules/nestjs-astra');
  for (const page of [
    'README.md',
    'docs/integration.md',
    ...examples.map((name) => `examples/${name}/README.md`),
  ]) {
    const text = await readFile(join(folder, page), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link]) => link);
    const missing = links.filter(
      (link) => !/^https?:/.test(link) && !existsSync(join(folder, dirname(page), link)),
    );
    expect({ page, links: links.length > 0, missing }).toEqual({ page, links: true, missing: [] });
  }
});

it('brings the operator commands', async () => {
  const { stdout } = await run('npx nestjs-astra help', host);
  expect(stdout).toContain('create-admin');
});

it('looks at an installation by npx nestjs-astra doctor', async () => {
  const database = await TestDatabase.create();
  try {
    const { stdout } = await run('npx nestjs-astra doctor', host, settingsOf(database));
    expect(stdout).toMatch(/✓ Migrations +all \d+ are applied/);
    expect(stdout).toMatch(/, 0 failed$/m);
  } finally {
    await database.drop();
  }
});

function settingsOf({ connection }: TestDatabase): Record<string, string> {
  return { DATABASE_URL: connectionUrl(connection), SECRET_KEY: 'a secret key for a host outside of it' };
}
