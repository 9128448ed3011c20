import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CpuTime, cpuTimeOf, type ThreadTimes, threadTimesOf } from './cpu-time.js';

/** Time limit for starting and stopping a server, in ms. */
const PATIENCE = 60_000;

/** Command of a server, and a file for its output. */
export interface ServerCommand {
  /** Arguments to node. */
  args: string[];
  env?: Record<string, string>;
  cwd: string;
  logFile: string;
  /** Path that responds with 200 when the server is ready. */
  readyPath: string;
}

/** Server in a separate process. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** Base URL without a trailing slash. */
    readonly origin: string,
  ) {}

  /**
   * Starts a server.
   *
   * @param command - Returns the command for a free port.
   * @throws {Error} with the last output of the server if it does not start.
   */
  static async start(command: (port: number) => ServerCommand): Promise<ServerProcess> {
    const port = await freePort();
    const { args, env = {}, cwd, logFile, readyPath } = command(port);
    // Written to a file, because writing the log is part of the work of a service.
    const log = await open(logFile, 'a');
    const child = spawn(process.execPath, args, { env, cwd, stdio: ['ignore', log.fd, log.fd] });
    await log.close();
    const server = new ServerProcess(child, `http://127.0.0.1:${port}`);
    try {
      await server.waitUntilReady(readyPath);
      return server;
    } catch (error) {
      await server.stop();
      const words = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n');
      throw new Error(`${args.join(' ')} does not start. It says:\n${words}`, { cause: error });
    }
  }

  cpuTime(): Promise<CpuTime> {
    return cpuTimeOf(this.child.pid);
  }

  threadTimes(): Promise<ThreadTimes> {
    return threadTimesOf(this.child.pid as number);
  }

  /** Returns the resident memory in bytes. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** Sends a signal to the process. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Stops the server, and kills it if it does not exit. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const patience = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE);
    await ended;
    clearTimeout(patience);
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async waitUntilReady(path: string): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE;
    for (;;) {
      const answer = await fetch(this.origin + path).catch(() => null);
      if (answer?.ok) return;
      if (this.hasEnded || performance.now() > giveUpAt) throw new Error('It does not answer');
      await sleep(50);
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
