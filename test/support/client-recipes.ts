import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { Page, repository } from './outside.js';

const script = new URL('./bundle-recipe.mjs', import.meta.url).pathname;

/** The files of docs/client.md, in a folder that is as good as an application with the package installed. */
export class ClientRecipes {
  private constructor(readonly folder: string) {}

  static async write(): Promise<ClientRecipes> {
    // Inside the repository, so that React and the others are found.
    const folder = await mkdtemp(join(repository, 'node_modules/.recipes-'));
    await (await Page.read('client.md')).writeFiles(folder);
    return new ClientRecipes(folder);
  }

  /** Adds a file that uses them. */
  add(name: string, text: string): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }

  /** Messages of the compiler about the recipes, with the types of a browser. */
  errors(): string[] {
    const program = ts.createProgram({
      rootNames: ts.sys.readDirectory(this.folder, ['.ts', '.tsx']),
      options: {
        ...{ module: ts.ModuleKind.Preserve, target: ts.ScriptTarget.ES2023, jsx: ts.JsxEmit.ReactJSX },
        ...{ lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [] },
        ...{ strict: true, noEmit: true, skipLibCheck: true },
        paths: {
          'nestjs-astra/client': [join(repository, 'src/client/index.ts')],
          'nestjs-astra/client/react': [join(repository, 'src/client/react/index.ts')],
        },
      },
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(
        ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
  }

  /**
   * Bundles a module that uses them.
   *
   * @param platform - Where it will run. Default: in a browser.
   */
  async bundle(code: string, platform: 'browser' | 'node' = 'browser'): Promise<string> {
    const entry = join(this.folder, 'entry.tsx');
    await writeFile(entry, code);
    try {
      return (await promisify(execFile)(process.execPath, [script, entry, platform], { maxBuffer: 2 ** 26 }))
        .stdout;
    } finally {
      await rm(entry);
    }
  }

  /** Runs such a module in Node, and returns its output. */
  async run(code: string, ...args: string[]): Promise<string> {
    const file = join(this.folder, 'entry.mjs');
    await writeFile(file, await this.bundle(code, 'node'));
    return (await promisify(execFile)(process.execPath, [file, ...args])).stdout;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}
