// Folders outside of this repository, where the package is installed and used as others do it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The package, packed (test/support/global-setup-packed.mjs). */
export function tarball(): string {
  return process.env.ASTRA_TEST_TARBALL ?? '';
}

/** What Jest and npm say of this run to the scripts that it starts is not for those of another folder. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(?!config_registry)|INIT_CWD|NODE_OPTIONS|NODE_ENV|JEST_|FORCE_COLOR|ASTRA_)/.test(name),
  ),
);

/** Runs a line of a shell. @throws {Error} with all that it said, if it fails. */
export async function run(
  command: string,
  folder: string,
  variables: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  try {
    return await promisify(execFile)('sh', ['-c', command], {
      cwd: folder,
      env: { ...env, ...variables },
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command}\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** A page of docs/, for those who do what it says. */
export class Page {
  private constructor(readonly text: string) {}

  static async read(name: string): Promise<Page> {
    return new Page(await readFile(join(repository, 'docs', name), 'utf8'));
  }

  /** The code blocks that are files: those below a line with nothing but a path. */
  get files(): Record<string, string> {
    const blocks = this.text.matchAll(/^`([\w./-]+)`\n\n```\w+\n(.*?)^```$/gms);
    return Object.fromEntries([...blocks].map(([, path, text]) => [path, text]));
  }

  async writeFiles(folder: string): Promise<void> {
    for (const [path, text] of Object.entries(this.files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  }

  /** The command lines of a section: those of its first block that is of no language. */
  commands(heading: string): string {
    const [, lines] =
      new RegExp(`^## ${heading}\n.*?^\`\`\`\n(.*?)^\`\`\`$`, 'ms').exec(
        this.text.replace(/^```\w+\n.*?^```$/gms, ''),
      ) ?? [];
    if (!lines) throw new Error(`The page has no commands under ${heading}`);
    return lines;
  }
}

/** An application that runs in a process of its own, and says "Listening at" when it does. */
export class Program {
  /** All that it said. */
  output = '';
  origin = '';
  private readonly child: ChildProcess;

  private constructor(args: string[], folder: string, variables: Record<string, string>) {
    this.child = spawn(process.execPath, args, { cwd: folder, env: { ...env, ...variables, PORT: '0' } });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (data) => (this.output += String(data)));
  }

  static async start(
    args: string[],
    folder: string,
    variables: Record<string, string> = {},
  ): Promise<Program> {
    const program = new Program(args, folder, variables);
    while (!/Listening at (\S+)\n/.test(program.output)) {
      if (program.child.exitCode !== null) throw new Error(program.output);
      await sleep(50);
    }
    [, program.origin] = /Listening at (\S+)\n/.exec(program.output)!;
    return program;
  }

  /** Sends a request: a GET, or a POST if there is a body. */
  async ask(path: string, token?: string, body?: object, method = body ? 'POST' : 'GET') {
    const headers = {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    };
    const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(this.origin + path, request);
    return { status: response.status, body: (await response.json()) as any };
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
  }
}
