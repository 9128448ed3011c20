// What `nest new` makes, with the accounts of docs/nest-starter.md: under npm, with the oldest peers, under pnpm, and in a
// workspace.
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import * as crowd from '../support/crowded-starter.js';
import { Page, Program, repository, run, tarball } from '../support/outside.js';
import { connectionUrl, TestDatabase, testServerUrl } from '../support/test-database.js';

const page = await Page.read('nest-starter.md');
const integration = await Page.read('integration.md');

const PNPM = 'npx -y pnpm@12';
const QUIET = '--no-audit --no-fund --prefer-offline';
const password = 'Analytical1';
const signIn = (username: string) => ({ username, password });

interface Manifest {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, object>;
}

let root: string;
/** As it comes. */
let starter: string;
let database: TestDatabase;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'astra-starter-'));
  await run(
    `node ${join(repository, 'node_modules/.bin/nest')} new my-app --skip-install --skip-git --package-manager npm`,
    root,
  );
  starter = join(root, 'my-app');
});
beforeEach(async () => {
  database = await TestDatabase.create('template0');
});
afterEach(() => database.drop());
afterAll(() => rm(root, { recursive: true, force: true }));

const readManifest = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The starter with the files of the page, not installed yet. */
async function makeHost(name: string): Promise<string> {
  const folder = join(root, name);
  await cp(starter, folder, { recursive: true });
  await page.writeFiles(folder);
  return folder;
}

/** The line of the page that installs, with the package as it is packed. */
const installs = page
  .commands('Install')
  .split('\n')
  .find((line) => line.startsWith('npm install '))!
  .replace('nestjs-astra', tarball());

async function replaceIn(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replaceAll(from, to));
}

const writeEnv = (folder: string, more = '') =>
  writeFile(
    join(folder, '.env'),
    `DATABASE_URL=${connectionUrl(database.connection)}\nSECRET_KEY=the secret of an application that is made for a test\n${more}`,
  );

/** Builds, runs all tests of the application, makes its administrator, starts it, and signs in. */
async function tryOut(
  folder: string,
  more: (program: Program, admin: string, ada: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await run('npm run build', folder);
  await run('npm test', folder);
  await run('npm run test:e2e', folder, { TEST_DATABASE_URL: testServerUrl() });
  const made = await run('node dist/create-admin.js', folder, { ADMIN_PASSWORD: password });
  expect(made).toEqual({ stdout: 'Created the admin grace\n', stderr: '' });

  const program = await Program.start([loadedModules, 'dist/main.js'], folder);
  try {
    expect(program.output).not.toMatch(/ (WARN|ERROR) /);
    const account = { ...signIn('ada'), email: 'ada@example.com' };
    expect((await program.ask('/api/v1/auth/register', undefined, account)).status).toBe(201);
    const [admin, ada] = await Promise.all(
      ['grace', 'ada'].map(
        async (name) =>
          (await program.ask('/api/v1/auth/login', undefined, signIn(name))).body.access_token as string,
      ),
    );
    expect((await program.ask('/api/v1/orders')).status).toBe(401);
    expect(await program.ask('/api/v1/orders', ada)).toMatchObject({
      status: 200,
      body: [{ item: 'welcome gift' }],
    });
    expect((await program.ask('/api/v1/orders/all', ada)).status).toBe(403);
    const all = await program.ask('/api/v1/orders/all', admin);
    // Hers too: the hook ran when the application made her.
    expect(all.body.map(({ buyer }: { buyer: { username: string } }) => buyer.username).sort()).toEqual([
      'ada',
      'grace',
    ]);
    expect(JSON.stringify(all.body)).not.toMatch(/argon2|password_?hash/i);
    await more(program, admin, ada);
  } finally {
    await program.stop();
  }
}
const loadedModules = join(repository, 'test/support/loaded-modules.mjs');

/** What only the stand-alone service has a use for. */
const ONLY_FOR_THE_SERVICE =
  /^(@fastify\/|fastify|@nestjs\/platform-fastify|pino|prom-client|helmet$|swagger-ui-dist)/;

describe('the starter of Nest with accounts', () => {
  let host: string;

  it('is what this page says of it', async () => {
    const manifest = await readManifest(starter);
    expect(manifest).toMatchObject({ type: 'module', scripts: { test: 'vitest run' } });
    expect(manifest.dependencies).toHaveProperty('@nestjs/platform-express');
    expect(installs).toMatch(/^npm install \S+\.tgz @nestjs\/config /);
  });

  it('keeps apart what the application and its guest both have', async () => {
    host = await makeHost('crowded');
    for (const [path, text] of Object.entries(crowd.files)) {
      await mkdir(join(host, 'src/crowd'), { recursive: true });
      await writeFile(join(host, path), text);
    }
    for (const [file, from, to] of crowd.changes) await replaceIn(join(host, file), from, to);
    await writeEnv(host, crowd.env);
    const installed = await run(`${installs} ${crowd.packages} ${QUIET}`, host);
    expect(installed.stderr).not.toMatch(/ERESOLVE|peer/);

    await tryOut(host, async (program, admin, ada) => {
      // Neither its commands nor TypeORM's mind what else is in .env.
      const { stdout } = await run('npx nestjs-astra doctor', host);
      expect(stdout).toMatch(/, 0 failed$/m);
      const check = page.commands('A table with a relation to `User`').split('\n')[1];
      expect((await run(check, host)).stdout).toMatch(/No changes in database schema were found/);

      const onlyForTheService = (said: string) => {
        const { packages } = JSON.parse(/^\{"files".*$/m.exec(said)![0]) as { packages: string[] };
        expect(packages).toEqual(expect.arrayContaining(['nestjs-astra', 'typeorm']));
        return packages.filter((name) => ONLY_FOR_THE_SERVICE.test(name));
      };
      const entry = 'node_modules/nestjs-astra/dist/src/index.js';
      expect(onlyForTheService((await run(`node ${loadedModules} ${entry}`, host)).stdout)).toEqual([]);
      // The application uses these itself.
      expect(onlyForTheService(program.output)).toEqual(['helmet', 'swagger-ui-dist']);

      const secret = /^JWT_SECRET=(.*)$/m.exec(crowd.env)![1];
      const own = jwt.sign({ sub: 'somebody' }, secret, { expiresIn: 60 });
      expect((await program.ask('/api/v1/crowd/own', own)).status).toBe(200);
      expect((await program.ask('/api/v1/crowd/own', ada)).status).toBe(401);
      expect((await program.ask('/api/v1/users/me', own)).status).toBe(401);

      const { id } = (await program.ask('/api/v1/users/me', ada)).body;
      expect((await program.ask('/api/v1/crowd/desk', ada)).status).toBe(403);
      const promoted = await program.ask(`/api/v1/admin/users/${id}`, admin, { role: 'editor' }, 'PATCH');
      expect(promoted.status).toBe(200);
      expect((await program.ask('/api/v1/crowd/desk', ada)).body).toEqual({ desk: 'of the editors' });
      expect((await program.ask('/api/v1/crowd/shoes', undefined, { shoeSize: '38' })).status).toBe(201);
      expect((await program.ask('/api/v1/crowd/shoes', undefined, { shoe: '38' })).status).toBe(400);

      const document = (await program.ask('/docs-json')).body;
      for (const name of ['UserDto', 'TokenDto', 'RegisterDto', 'SessionDto'])
        expect(Object.keys(document.components.schemas[name].properties)).toEqual(['shoeSize']);
      expect(document.components.schemas).toHaveProperty('AstraUser');
      const operations = Object.entries<Record<string, { operationId: string }>>(document.paths).flatMap(
        ([path, methods]) => Object.values(methods).map(({ operationId }) => [path, operationId] as const),
      );
      expect(new Set(operations.map(([, id]) => id)).size).toBe(operations.length);
      expect(operations).toContainEqual(['/api/v1/auth/login', 'sessions_login']);
      expect(document.paths).not.toHaveProperty('/api/v1/users/admin-dashboard');
    });
  }, 600_000);

  it('works with the oldest versions of its peers', async () => {
    const { peerDependencies, peerDependenciesMeta } = await readManifest(repository);
    // Those that are optional are for front ends.
    for (const name of Object.keys(peerDependenciesMeta)) delete peerDependencies[name];
    const floors = Object.entries(peerDependencies).map(
      ([name, range]) => `${name}@${range.replace('^', '')}`,
    );
    // They are of one release.
    const { '@nestjs/core': core } = peerDependencies;
    for (const name of ['platform-express', 'testing'])
      floors.push(`@nestjs/${name}@${core.replace('^', '')}`);
    await writeEnv(host, crowd.env);
    await run(`npm install --save-exact ${floors.join(' ')} ${QUIET}`, host);
    for (const [name, range] of Object.entries(peerDependencies)) {
      const { version } = await readManifest(join(host, 'node_modules', name));
      expect({ name, version }).toEqual({ name, version: range.replace('^', '') });
    }
    await tryOut(host);
  }, 600_000);

  it('works under pnpm', async () => {
    host = await makeHost('under-pnpm');
    await writeEnv(host);
    await writeFile(join(host, 'pnpm-workspace.yaml'), integration.files['pnpm-workspace.yaml']);
    await run(installs.replace('npm install', `${PNPM} add --prefer-offline`), host);
    // The starter itself has one that pnpm finds fault with.
    const { stdout } = await run(`${PNPM} peers check || true`, host);
    expect([...stdout.matchAll(/^ +([@\w][^\s:]*@[\d.]+)$/gm)].map(([, name]) => name)).toEqual([
      expect.stringMatching(/^tsconfck@/),
    ]);
    await tryOut(host);
  }, 600_000);

  it('shares one Nest, one TypeORM and one Astra with the other packages of a workspace', async () => {
    host = await makeHost('workspace/packages/app');
    const workspace = join(root, 'workspace');
    const orders = join(workspace, 'packages/orders');
    await mkdir(orders);
    await rename(join(host, 'src/orders'), join(orders, 'src'));
    for (const file of ['src/app.module.ts', 'src/database.ts']) {
      const text = await readFile(join(host, file), 'utf8');
      await writeFile(join(host, file), text.replaceAll(/'\.\/orders\/(.*)\.js'/g, "'orders/$1.js'"));
    }
    const { name, dependencies, devDependencies } = await readManifest(host);
    expect(name).toBe('my-app');
    // Its unit test stays with what it tests.
    for (const file of ['tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'vitest.config.ts'])
      await cp(join(host, file), join(orders, file));
    const { version, ...library } = {
      ...{ name: 'orders', version: '1.0.0', type: 'module', exports: { './*': './dist/*' } },
      ...{
        scripts: { build: 'nest build', test: 'vitest run' },
        peerDependencies: dependencies,
        devDependencies,
      },
    };
    await writeFile(join(orders, 'package.json'), JSON.stringify({ version, ...library }));
    await writeFile(
      join(workspace, 'package.json'),
      JSON.stringify({ private: true, workspaces: ['packages/orders', 'packages/app'] }),
    );
    await writeEnv(host);
    const inApp = installs.replace('npm install', 'npm install -w my-app orders@1.0.0');
    await run(`${inApp} ${QUIET}`, workspace);
    await run('npm run build -w orders && npm test -w orders', workspace);
    await tryOut(host);
  }, 600_000);
});
