// `nest add nestjs-astra` in a fresh application of Nest's CLI, and in a CommonJS one on Fastify with a DataSource of its own.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { transformFile } from '@swc/core';
import { Program, repository, run, tarball } from '../support/outside.js';
import { connectionUrl, TestDatabase } from '../support/test-database.js';

const ada = { username: 'ada', email: 'ada@example.com', password: 'Analytical1' };

let root: string;
/** The starter, as it comes, with the package installed. */
let starter: string;
let database: TestDatabase;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'astra-nest-add-'));
  const nest = join(repository, 'node_modules/.bin/nest');
  await run(`node ${nest} new my-app --skip-install --skip-git --package-manager npm`, root);
  starter = join(root, 'my-app');
  await run(`npm install ${tarball()} --no-audit --no-fund --prefer-offline`, starter);
  // For the tests, which ask for any port.
  await edit('src/main.ts', (text) =>
    text.replace(/^ +await app\.listen.*$/m, '$&\n  console.log(`Listening at ${await app.getUrl()}`);'),
  );
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  database = await TestDatabase.create('template0');
});
afterEach(() => database.drop());

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(join(starter, path), 'utf8');
  expect(change(text)).not.toBe(text);
  await writeFile(join(starter, path), change(text));
}

const add = async (folder: string) =>
  stripVTControlCharacters((await run('npx nest add nestjs-astra --skip-install', folder)).stdout);

/** All files of an application but for those that npm and the compiler write. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !/\/(node_modules|dist|commonjs)\//.test(path.slice(folder.length)));
  const texts = await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const));
  return Object.fromEntries(texts);
}

/** Starts the application, signs up, and opens the guarded route. */
async function tryOut(folder: string, main: string): Promise<void> {
  const program = await Program.start([main], folder, { DATABASE_URL: connectionUrl(database.connection) });
  try {
    expect((await program.ask('/me')).status).toBe(401);
    expect((await program.ask('/auth/register', undefined, ada)).status).toBe(201);
    const { username, password } = ada;
    const { body } = await program.ask('/auth/login', undefined, { username, password });
    expect(await program.ask('/me', body.access_token)).toMatchObject({ status: 200, body: { username } });
  } finally {
    await program.stop();
  }
}

it('gives the fresh starter a guarded route, and changes nothing the second time', async () => {
  const said = await add(starter);
  expect(said).toContain('CREATE src/accounts/accounts.module.ts');
  expect(said).toContain('UPDATE src/app.module.ts');
  expect(said).toContain('createdb my_app');
  expect(await readFile(join(starter, 'src/app.module.ts'), 'utf8')).toContain(
    `from './app.service.js';\nimport { AccountsModule } from './accounts/accounts.module.js';\n`,
  );
  expect(await readFile(join(starter, '.env.example'), 'utf8')).toMatch(/^SECRET_KEY=$/m);
  expect(await readFile(join(starter, '.env'), 'utf8')).toMatch(/^SECRET_KEY=.{44}$/m);
  expect(await readFile(join(starter, '.gitignore'), 'utf8')).toMatch(/^\.env$/m);
  const { dependencies } = JSON.parse(await readFile(join(starter, 'package.json'), 'utf8')) as {
    dependencies: object;
  };
  expect(dependencies).toEqual(
    expect.objectContaining({
      '@nestjs/typeorm': expect.any(String) as string,
      pg: expect.any(String) as string,
    }),
  );

  await run('npm run build && npm test', starter);
  await tryOut(starter, 'dist/main.js');

  const before = await filesOf(starter);
  expect(await add(starter)).toContain('Nothing to be done.');
  expect(await filesOf(starter)).toEqual(before);
}, 240_000);

it('works as SWC builds it', async () => {
  const sources = await readdir(join(starter, 'src'), { recursive: true });
  for (const source of sources.filter((path) => /(?<!spec)\.ts$/.test(path))) {
    const { code } = await transformFile(join(starter, 'src', source), {
      module: { type: 'es6' },
      jsc: {
        ...{ target: 'es2022', parser: { syntax: 'typescript', decorators: true } },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    });
    const target = join(starter, 'dist/swc', source.replace(/ts$/, 'js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code);
  }
  await tryOut(starter, 'dist/swc/main.js');
}, 120_000);

it('works as a bundle of one file, beside its packages', async () => {
  const file = join(starter, 'rolldown.config.mjs');
  // Leaves packages out, as the builders of Nest's command line do.
  await writeFile(
    file,
    `export default {
  input: 'dist/swc/main.js',
  platform: 'node',
  external: /^[^./]/,
  output: { file: 'dist/bundle/main.js' },
};
`,
  );
  await run(`node ${join(repository, 'node_modules/.bin/rolldown')} -c rolldown.config.mjs`, starter);
  expect(await readdir(join(starter, 'dist/bundle'))).toEqual(['main.js']);
  await tryOut(starter, 'dist/bundle/main.js');
}, 120_000);

/** An application that has a DataSource and a table, with other habits than the starter. */
const commonjs = {
  'package.json': JSON.stringify({
    ...{ name: 'own', private: true, type: 'commonjs' },
    dependencies: { '@nestjs/swagger': '*', '@nestjs/typeorm': '*', pg: '*', typeorm: '*' },
  }),
  '.env': 'SECRET_KEY=a secret key that the application has had before\n',
  'src/note.entity.ts': `import { Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('notes')
export class Note {
  @PrimaryGeneratedColumn()
  id: number;
}
`,
  'src/create-notes.ts': `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotes1700000000000 implements MigrationInterface {
  async up(db: QueryRunner) {
    await db.query('CREATE TABLE notes (id serial PRIMARY KEY)');
  }
  async down(db: QueryRunner) {
    await db.query('DROP TABLE notes');
  }
}
`,
  'src/database/database.module.ts': `import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CreateNotes1700000000000 } from '../create-notes';
import { Note } from '../note.entity';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: () => {
        const url = process.env.DATABASE_URL;
        return { type: 'postgres' as const, url, entities: [Note], migrations: [CreateNotes1700000000000] };
      },
    }),
  ],
})
export class DatabaseModule {}
`,
  'src/root.module.ts': `import { Module } from '@nestjs/common';
import { DatabaseModule } from './database/database.module';

@Module({
  imports: [
    DatabaseModule, // first
  ],
})
export class RootModule {}
`,
  'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RootModule } from './root.module';

async function bootstrap() {
  const app = await NestFactory.create(RootModule, new FastifyAdapter());
  await app.listen(Number(process.env.PORT));
  console.log(\`Listening at \${await app.getUrl()}\`);
}
void bootstrap();
`,
};

it('joins the DataSource of a CommonJS application on Fastify', async () => {
  // Inside the other, to share what was installed there.
  const folder = join(starter, 'commonjs');
  for (const [path, text] of Object.entries(commonjs)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const { compilerOptions } = JSON.parse(await readFile(join(starter, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  const options = { ...compilerOptions, rootDir: 'src', types: ['node'], incremental: false };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['src'] }),
  );

  await add(folder);

  const after = await filesOf(folder);
  const read = (path: string) => after[join(folder, path)];
  expect(read('src/root.module.ts')).toContain('    DatabaseModule,\n    AccountsModule, // first\n');
  expect(read('src/database/database.module.ts')).toContain(
    "{ migrationsRun: true, type: 'postgres' as const, url, entities: [Note, ...astraEntities], migrations: [CreateNotes1700000000000, ...astraMigrations] }",
  );
  expect(read('.env')).toMatch(/^SECRET_KEY=a secret key .*\n\n# .*\nDATABASE_URL=/);
  expect(read('package.json')).toBe(commonjs['package.json']);
  await run('npx tsc', folder);
  await tryOut(folder, 'dist/main.js');
  await database.query('SELECT id FROM notes');

  expect(await add(folder)).toContain('Nothing to be done.');
  expect(await filesOf(folder)).toEqual(after);
}, 120_000);
