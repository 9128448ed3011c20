import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { posix, resolve } from 'node:path';
import { type Context, Project, type Tree } from './project.js';
import { type Compiler, SourceEdits } from './source-edits.js';
import { accountsModule, meController, settings } from './templates.js';

/** Packages that the added code imports. Their ranges are those of Astra's peers. */
const IMPORTED = ['@nestjs/swagger', '@nestjs/typeorm', 'pg', 'typeorm'];

/**
 * Adds accounts to a Nest application: `nest add nestjs-astra`. It changes nothing that is there already, so it can run again.
 *
 * @param options.sourceRoot - Folder of the sources, which the Nest CLI passes. Default `src`.
 */
export function nestAdd({ sourceRoot = 'src' }: { sourceRoot?: string }) {
  return (tree: Tree, context: Context): Tree => {
    const project = new Project(tree, sourceRoot);
    const compiler = compilerOf(resolve('package.json'));
    const open = (path: string) => new SourceEdits(compiler, path, project.read(path));
    const sources = project.sources().map(open);
    const isThere = sources.some((source) => source.importOf('AstraModule') === 'nestjs-astra');
    addPackages(project, context);
    addEnvironment(project);
    if (isThere) {
      context.logger.info('The application imports AstraModule already. Its sources stay as they are.');
      return tree;
    }
    const todo = addModule(project, sources);
    for (const source of sources) project.write(source.path, source.toString());
    sayWhatIsLeft(project, context, todo);
    return tree;
  };
}

/** @throws {Error} if the application has no TypeScript whose parser can be used. */
function compilerOf(manifest: string): Compiler {
  const compiler = createRequire(manifest)('typescript') as Partial<Compiler>;
  if (!compiler.createSourceFile)
    throw new Error(
      'This TypeScript has no API to read sources. Follow node_modules/nestjs-astra/docs/integration.md',
    );
  return compiler as Compiler;
}

function addPackages(project: Project, context: Context): void {
  const { peerDependencies } = createRequire(import.meta.url)('nestjs-astra/package.json') as {
    peerDependencies: Record<string, string>;
  };
  const wanted = Object.fromEntries(IMPORTED.map((name) => [name, peerDependencies[name]]));
  if (project.addDependencies(wanted).length === 0) return;
  const { packageManager } = project;
  const options = { command: 'install', quiet: true, hideOutput: true, packageManager };
  context.addTask({ toConfiguration: () => ({ name: 'node-package', options }) });
}

function addEnvironment(project: Project): void {
  const database = `postgres://postgres:postgres@localhost:5432/${project.databaseName}`;
  const variables = (secret: string): [string, string, string][] => [
    ['DATABASE_URL', database, 'Postgres of the accounts.'],
    ['SECRET_KEY', secret, 'At least 32 random bytes: openssl rand -base64 32. A change ends all sessions.'],
    ['PUBLIC_URL', 'http://localhost:3000', 'URL of the application in links of messages.'],
  ];
  project.addVariables('.env.example', variables(''));
  project.addVariables('.env', variables(randomBytes(32).toString('base64')));
  const ignored = project.read('.gitignore');
  if (!/^\/?\.env$/m.test(ignored))
    project.write('.gitignore', `${ignored && `${ignored.trimEnd()}\n`}.env\n`);
}

/**
 * Adds the module of the accounts, and makes the root module import it.
 *
 * @returns sentences about edits that are left to the developer.
 */
function addModule(project: Project, sources: SourceEdits[]): string[] {
  const ending = project.importEnding;
  const folder = `${project.sourceRoot}/accounts`;
  const dataSource = findDataSource(sources);
  const facts = { ending, hasDataSource: dataSource !== undefined };
  project.write(`${folder}/settings.ts`, settings(facts));
  project.write(`${folder}/accounts.module.ts`, accountsModule(facts));
  project.write(`${folder}/me.controller.ts`, meController);

  const todo = dataSource ? extendDataSource(dataSource) : [];
  const root = rootModule(project, sources);
  const metadata = root?.objectIn(root.calls('Module').at(0)?.arguments[0]);
  if (!root || !metadata || !root.addToList(metadata, 'imports', 'AccountsModule'))
    return [...todo, `Import AccountsModule from ${folder}/accounts.module in your root module.`];
  const from = posix.relative(posix.dirname(root.path), `${folder}/accounts.module`);
  root.addImport('AccountsModule', `${from.startsWith('.') ? '' : './'}${from}${ending}`);
  return todo;
}

/** The module that main.ts starts, or app.module.ts. */
function rootModule(project: Project, sources: SourceEdits[]): SourceEdits | undefined {
  const main = sources.find(({ path }) => path === `${project.sourceRoot}/main.ts`);
  const name = main?.calls('NestFactory.create').at(0)?.arguments[0]?.getText() ?? '';
  const specifier = main?.importOf(name) ?? './app.module';
  const path = posix.join(project.sourceRoot, `${specifier.replace(/\.js$/, '')}.ts`);
  return sources.find((source) => source.path === path);
}

/** The source that opens the DataSource, with the call. */
function findDataSource(sources: SourceEdits[]) {
  for (const source of sources)
    for (const name of ['TypeOrmModule.forRoot', 'TypeOrmModule.forRootAsync']) {
      const [call] = source.calls(name);
      if (call) return { source, call };
    }
  return undefined;
}

/** Adds the entities and migrations of Astra to those of the application. */
function extendDataSource({ source, call }: NonNullable<ReturnType<typeof findDataSource>>): string[] {
  const options = source.objectIn(call.arguments[0]);
  const added: string[] = [];
  for (const [list, name] of [
    ['entities', 'astraEntities'],
    ['migrations', 'astraMigrations'],
  ])
    if (options && source.addToList(options, list, `...${name}`)) added.push(name);
  if (added.length > 0) source.addImport(added.join(', '), 'nestjs-astra');
  if (!options || added.length < 2)
    return [`Add astraEntities and astraMigrations to the lists of your DataSource, in ${source.path}.`];
  const type = source.valueOf(options, 'type');
  const todo =
    type && !/postgres/.test(type) ? [`Astra needs Postgres, and ${source.path} opens ${type}.`] : [];
  if (source.valueOf(options, 'synchronize') === 'true')
    todo.push(`Turn off synchronize in ${source.path}: migrations create the tables of Astra.`);
  else if (!source.property(options, 'migrationsRun')) source.addProperty(options, 'migrationsRun: true');
  return todo;
}

function sayWhatIsLeft({ databaseName }: Project, { logger }: Context, todo: string[]): void {
  for (const sentence of todo) logger.warn(sentence);
  logger.info(`
Accounts were added. GET /me is an example of a guarded route.

  1. Set DATABASE_URL in .env, if it is not that of your Postgres, and create the database: createdb ${databaseName}
  2. Start the application. The first start creates the tables.
  3. Create an admin: npx nestjs-astra create-admin --username … --email …

Without SMTP_URL, messages wait in the queue. More: node_modules/nestjs-astra/docs/integration.md
`);
}
