import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../../src/env.js';
import { ServiceLogger } from '../../src/logs/service-logger.js';
import { serve } from '../../src/service/serve.js';
import { type Connection, connectionUrl } from './test-database.js';
import { SECRET_KEY } from './test-service.js';

/** Service in a separate process, which can be killed. */
export class ServiceProcess {
  private readonly ended = new AbortController();
  private readonly ready: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    child.once('exit', () => this.ended.abort(new Error('The service has ended')));
    this.ready = this.hear();
    // Whether it was loaded is of interest to who starts it, who may never do.
    this.ready.catch(() => undefined);
  }

  /** Loads the service, which takes most of a second, and no more yet. */
  static prepare(
    connection: Connection,
    settings: Record<string, string>,
    nodeOptions: string[] = [],
  ): ServiceProcess {
    const child = fork(fileURLToPath(import.meta.url), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [
        ...nodeOptions,
        '--disable-warning=ExperimentalWarning',
        '--import',
        fileURLToPath(new URL('typescript.mjs', import.meta.url)),
      ],
      env: {
        PATH: process.env.PATH,
        ...{ SECRET_KEY, PORT: '0', RATE_LIMIT: 'off', LOG_LEVEL: 'error', DOCS: 'off' },
        DATABASE_URL: connectionUrl(connection),
        ...settings,
      },
    });
    return new ServiceProcess(child);
  }

  /** @returns where it listens, such as `http://localhost:8000`. */
  async start(): Promise<string> {
    await this.ready;
    this.child.send('start');
    return this.hear<string>();
  }

  /**
   * How late its event loop was since this was asked last, in ms.
   *
   * The clock that it is measured by ticks every 10 ms, which are taken off.
   */
  async loopDelay(): Promise<{ mean: number; p99: number; max: number }> {
    this.child.send('loop');
    return this.hear<{ mean: number; p99: number; max: number }>();
  }

  /** Its anonymous memory, in bytes: what it took for itself, without the files that it only looks at. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** Nice values of its main thread, and of those that hash passwords. */
  async niceOfThreads(): Promise<{ main: number; workers: number[] }> {
    const { pid = 0 } = this.child;
    const threads = await readdir(`/proc/${pid}/task`);
    const names = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/comm`, 'utf8')));
    const workers = threads.filter((_, i) => names[i].trim() === 'libuv-worker');
    return { main: getPriority(pid), workers: workers.map((id) => getPriority(Number(id))) };
  }

  /** Has it keep so many more bytes in its heap; with 0, no more than it needs. */
  async hoard(bytes: number): Promise<void> {
    this.child.send(bytes);
    await this.hear();
  }

  /**
   * Tells it that its container has so much memory: this many times what is resident of it now.
   *
   * @returns the limit and what is resident, in bytes.
   */
  async limitMemory(share: number): Promise<{ limit: number; resident: number }> {
    this.child.send({ share });
    return this.hear<{ limit: number; resident: number }>();
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  /** The next thing that it says. @throws {Error} once it has ended: it says nothing any more. */
  private async hear<T>(): Promise<T> {
    const [message] = (await once(this.child, 'message', { signal: this.ended.signal })) as [T];
    return message;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.send?.('loaded');
  await once(process, 'message');
  const env = readEnvironment(process.env);
  const { url } = await serve(env, new ServiceLogger(env));
  process.send?.(url);

  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  let hoard: number[][] = [];
  process.on('message', (message) => {
    if (message === 'loop') {
      const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - 10);
      process.send?.({ mean: late(loop.mean), p99: late(loop.percentile(99)), max: late(loop.max) });
      loop.reset();
    } else if (typeof message === 'object') {
      const resident = process.memoryUsage.rss();
      const limit = (message as { share: number }).share * resident;
      process.constrainedMemory = () => limit;
      process.send?.({ limit, resident });
    } else {
      const pages = Math.round(Number(message) / (8 * 1024));
      if (pages === 0) hoard = [];
      for (let i = 0; i < pages; i++) hoard.push(Array.from({ length: 1024 }, (_, j) => i + j / 2));
      process.send?.(hoard.length);
    }
  });
}
