import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** Real Redis on a free port, which can be killed, suspended and restored. It keeps no data. */
export class RedisServer {
  private process?: ChildProcess;

  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly options: readonly string[],
    private readonly configuration?: string,
  ) {}

  /** @param options - As on the command line. */
  static async start(...options: string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'astra-redis-'));
    const server = new RedisServer(await freePort(), directory, options);
    await server.restore();
    return server;
  }

  /** @param configuration - File that it may change. */
  static async startWith(configuration: string, ...options: string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'astra-redis-'));
    const server = new RedisServer(await freePort(), directory, options, configuration);
    await server.restore();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Brings it back after {@link kill}, with nothing in it, or after {@link suspend}. */
  async restore(): Promise<void> {
    if (this.isRunning) this.process?.kill('SIGCONT');
    else this.launch();
    await this.command('PING');
  }

  /** Asks Redis something, on a connection of its own; waits for a Redis that is just starting. */
  async command(name: string, ...parameters: string[]): Promise<unknown> {
    const client = new Redis(this.url, {
      lazyConnect: true,
      retryStrategy: () => 50,
      maxRetriesPerRequest: 100,
    });
    client.on('error', () => undefined);
    try {
      return await client.call(name, ...parameters);
    } finally {
      client.disconnect();
    }
  }

  async kill(): Promise<void> {
    if (!this.process || !this.isRunning) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }

  /** It keeps its connections and takes new ones, but answers nothing. */
  suspend(): void {
    this.process?.kill('SIGSTOP');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true });
  }

  private launch(): void {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory];
    const file = this.configuration ? [this.configuration] : [];
    const memory = this.configuration ? [] : ['--save', ''];
    this.process = spawn('redis-server', [...file, ...place, ...memory, ...this.options], {
      stdio: 'ignore',
    });
  }

  private get isRunning(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
