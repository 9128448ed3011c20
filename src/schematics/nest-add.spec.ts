import { nestAdd } from './nest-add.js';

const manifest = JSON.stringify({ name: 'My App', type: 'module', dependencies: { typeorm: '^1.0.0' } });
const main = `import { NestFactory } from '@nestjs/core';
import { AppModule } from "./app/app.module.js";

const app = await NestFactory.create(AppModule);
`;
const appModule = `import { Module } from '@nestjs/common';

@Module({})
export class AppModule {}
`;

/** Runs the schematic on these files. Returns what they are then, and what it says. */
function add(files: Record<string, string>) {
  const all: Record<string, string> = { 'package.json': manifest, 'src/main.ts': main, ...files };
  const said = { info: [] as string[], warn: [] as string[] };
  const tasks: { name: string; options: object }[] = [];
  const tree = {
    exists: (path: string) => path in all,
    readText: (path: string) => all[path],
    create: (path: string, text: string) => void (all[path] = text),
    overwrite: (path: string, text: string) => void (all[path] = text),
    getDir: (folder: string) => ({
      visit: (visitor: (path: string) => void) =>
        Object.keys(all)
          .filter((path) => path.startsWith(`${folder}/`))
          .forEach((path) => visitor(`/${path}`)),
    }),
  };
  nestAdd({})(tree, {
    logger: {
      info: (line) => void said.info.push(line),
      warn: (line) => void said.warn.push(line),
    },
    addTask: (task) => tasks.push(task.toConfiguration()),
  });
  return { all, tasks, said: said.warn };
}

/** The module with these options of a DataSource, after the schematic has run. */
function withOptions(call: string) {
  const file = 'src/app/app.module.ts';
  const text = appModule.replace('@Module({})', `@Module({ imports: [TypeOrmModule.${call}] })`);
  const { all, said } = add({ [file]: text });
  return { call: /TypeOrmModule\.(.*), AccountsModule\]/s.exec(all[file])![1], imports: all[file], said };
}

describe('nest add', () => {
  it('gives the root module a list of imports, and follows main.ts to it', () => {
    const { all, said } = add({ 'src/app/app.module.ts': appModule });
    expect(all['src/app/app.module.ts']).toBe(`import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';

@Module({ imports: [AccountsModule],})
export class AppModule {}
`);
    expect(said).toEqual([]);
  });

  it.each([
    [' imports: [] ', ' imports: [AccountsModule] '],
    [' imports: [A] ', ' imports: [A, AccountsModule] '],
    [' imports: [A,] ', ' imports: [A, AccountsModule,] '],
    ['\n  imports: [\n    A,\n  ],\n', '\n  imports: [\n    A,\n    AccountsModule,\n  ],\n'],
    ['\n  providers: [],\n', '\n  imports: [AccountsModule],\n  providers: [],\n'],
  ])('adds to %j', (before, after) => {
    const file = 'src/app/app.module.ts';
    const { all } = add({ [file]: appModule.replace('{}', `{${before}}`) });
    expect(all[file]).toContain(`@Module({${after}})`);
  });

  it('says what is left where it cannot edit', () => {
    const { all, said } = add({ 'src/app/app.module.ts': appModule.replace('({})', '(metadata)') });
    expect(said).toEqual([expect.stringContaining('Import AccountsModule')]);
    expect(all).toHaveProperty(['src/accounts/accounts.module.ts']);
  });

  it.each([
    [
      'an object',
      "forRoot({ type: 'postgres', entities: [A] })",
      "forRoot({ migrationsRun: true, migrations: [...astraMigrations], type: 'postgres', entities: [A, ...astraEntities] })",
    ],
    [
      'a factory that returns a promise',
      "forRootAsync({ async useFactory() { return { type: 'postgres', entities: [], migrations: [], migrationsRun: false } } })",
      "forRootAsync({ async useFactory() { return { type: 'postgres', entities: [...astraEntities], migrations: [...astraMigrations], migrationsRun: false } } })",
    ],
  ])('adds to the DataSource in %s', (_, before, after) => {
    const { call, imports, said } = withOptions(before);
    expect(call.replaceAll(',migrat', ', migrat').replaceAll(', type', ', type')).toBe(after);
    expect(imports).toContain("import { astraEntities, astraMigrations } from 'nestjs-astra';");
    expect(said).toEqual([]);
  });

  it.each([
    ['options elsewhere', 'forRoot(options)', 'Add astraEntities and astraMigrations'],
    ['a list elsewhere', 'forRoot({ entities: all })', 'Add astraEntities and astraMigrations'],
    ['another database', "forRoot({ type: 'mysql', entities: [] })", 'Astra needs Postgres'],
    ['synchronize', 'forRoot({ entities: [], synchronize: true })', 'Turn off synchronize'],
  ])('says what is left for a DataSource with %s', (_, call, sentence) => {
    expect(withOptions(call).said).toEqual([expect.stringContaining(sentence)]);
  });

  it('adds only what is missing to the dependencies, and installs with the package manager of the application', () => {
    const { all, tasks } = add({ 'pnpm-lock.yaml': '' });
    const { dependencies } = JSON.parse(all['package.json']) as { dependencies: Record<string, string> };
    expect(Object.keys(dependencies)).toEqual(['@nestjs/swagger', '@nestjs/typeorm', 'pg', 'typeorm']);
    expect(tasks).toEqual([
      { name: 'node-package', options: expect.objectContaining({ packageManager: 'pnpm' }) as object },
    ]);
  });

  it('adds only what is missing to .env, and keeps it out of Git', () => {
    const { all } = add({ '.env': 'DATABASE_URL=postgres://mine', '.gitignore': 'node_modules' });
    expect(all['.env']).toMatch(
      /^DATABASE_URL=postgres:\/\/mine\n\n# .*\nSECRET_KEY=.{44}\n# .*\nPUBLIC_URL=/,
    );
    expect(all['.env.example']).toMatch(/^# .*\nDATABASE_URL=.*\/my_app$/m);
    expect(all['.gitignore']).toBe('node_modules\n.env\n');
  });

  it('changes nothing the second time', () => {
    const { all } = add({ 'src/app/app.module.ts': appModule });
    const again = add(all);
    expect(again.all).toEqual(all);
    expect(again.tasks).toEqual([]);
  });
});
