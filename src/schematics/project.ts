/**
 * The files of the application as a schematic sees them. Only the parts that are used, so that the package needs no devkit: the
 * Nest CLI brings it.
 */
export interface Tree {
  exists(path: string): boolean;
  readText(path: string): string;
  create(path: string, text: string): void;
  overwrite(path: string, text: string): void;
  getDir(path: string): { visit(visitor: (path: string) => void): void };
}

/** Logger and tasks of a schematic. */
export interface Context {
  logger: { info(line: string): void; warn(line: string): void };
  /** Adds a task that runs after the files were written. */
  addTask(task: { toConfiguration(): { name: string; options: object } }): unknown;
}

interface Manifest {
  name?: string;
  type?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The application in the current folder. */
export class Project {
  readonly #manifest: Manifest;

  constructor(
    private readonly tree: Tree,
    /** Folder of the sources, such as `src`. */
    readonly sourceRoot: string,
  ) {
    this.#manifest = JSON.parse(tree.readText('package.json')) as Manifest;
  }

  /** Paths of the TypeScript files, without tests. */
  sources(): string[] {
    const paths: string[] = [];
    this.tree.getDir(this.sourceRoot).visit((path) => paths.push(path.replace(/^\//, '')));
    return paths.filter((path) => /(?<!\.d|spec|test)\.ts$/.test(path) && !path.includes('/node_modules/'));
  }

  exists(path: string): boolean {
    return this.tree.exists(path);
  }

  read(path: string): string {
    return this.tree.exists(path) ? this.tree.readText(path) : '';
  }

  /** Writes a file if its text changes. */
  write(path: string, text: string): void {
    if (!this.tree.exists(path)) this.tree.create(path, text);
    else if (this.tree.readText(path) !== text) this.tree.overwrite(path, text);
  }

  /** Ending of relative imports: `.js` in ES modules and wherever the application writes it. */
  get importEnding(): string {
    const relative = this.sources().flatMap((path) => [
      ...this.read(path).matchAll(/from '\.[^']*?(\.js)?'/g),
    ]);
    if (relative.length > 0) return relative[0][1] ?? '';
    return this.#manifest.type === 'module' ? '.js' : '';
  }

  /** Name of a database for the application. */
  get databaseName(): string {
    return (this.#manifest.name ?? 'app').replaceAll(/\W+/g, '_').toLowerCase();
  }

  /**
   * Adds packages to the dependencies that are not there yet.
   *
   * @returns the names of those that were added.
   */
  addDependencies(wanted: Record<string, string>): string[] {
    const manifest = this.#manifest;
    const all = { ...manifest.devDependencies, ...manifest.dependencies };
    const missing = Object.keys(wanted).filter((name) => !(name in all));
    if (missing.length === 0) return [];
    for (const name of missing) (manifest.dependencies ??= {})[name] = wanted[name];
    manifest.dependencies = Object.fromEntries(
      Object.entries(manifest.dependencies ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    this.write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
    return missing;
  }

  /** The package manager whose lock file is here. */
  get packageManager(): string {
    const locks = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lock': 'bun' };
    return Object.entries(locks).find(([file]) => this.exists(file))?.[1] ?? 'npm';
  }

  /** Adds variables to a file such as `.env` that does not name them yet. */
  addVariables(path: string, variables: readonly [name: string, value: string, comment: string][]): void {
    const text = this.read(path);
    const lines = text.split('\n');
    const missing = variables.filter(([name]) => !lines.some((line) => line.startsWith(`${name}=`)));
    if (missing.length === 0) return;
    const added = missing.map(([name, value, comment]) => `# ${comment}\n${name}=${value}\n`).join('');
    this.write(path, text === '' ? added : `${text.trimEnd()}\n\n${added}`);
  }
}
