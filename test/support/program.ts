import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

/** The service or a command, as a process of its own. */
export class Program {
  output = '';
  /** Standard output alone, into whose lines no progress can come. */
  printed = '';
  private readonly exited: Promise<number | null>;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (data) => (this.output += String(data)));
    child.stdout!.on('data', (data) => (this.printed += String(data)));
    // Not at "exit", when the last of the output may still be on its way.
    this.exited = once(child, 'close').then(([code]) => code as number | null);
  }

  static start(script: string, args: string[], env: Record<string, string>, input = ''): Program {
    // No .env: the folder is empty.
    return Program.run([...Program.command(script), ...args], env.DATA_DIR, env, input);
  }

  /** The command that runs a script of `src`. */
  static command(script: string): string[] {
    const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
    const loader = ['--disable-warning=ExperimentalWarning', '--import', path('typescript.mjs')];
    return [process.execPath, ...loader, path(`../../src/${script}`)];
  }

  /** Runs a command with nothing of this run's own environment. */
  static run(command: string[], cwd: string, env: Record<string, string>, input = ''): Program {
    const [file, ...args] = command;
    const surroundings = { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...env };
    const child = spawn(file, args, { cwd, env: surroundings, detached: true });
    child.stdin.end(input);
    return new Program(child);
  }

  get exit(): Promise<number | null> {
    return this.exited;
  }

  /** Waits for a line, and gives what its group matched. */
  async says(pattern: RegExp): Promise<string> {
    for (let i = 0; i < 600; i++) {
      const match = pattern.exec(this.output);
      if (match) return match[1];
      if (this.child.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(`It never said ${pattern}, but: ${this.output}`);
  }

  /** As Ctrl-C does: the whole group of processes gets the signal. */
  interrupt(): void {
    if (this.child.exitCode === null && this.child.signalCode === null)
      process.kill(-this.child.pid!, 'SIGINT');
  }

  /** As whoever runs containers does: the process gets the signal. */
  terminate(): void {
    this.child.kill('SIGTERM');
  }
}
