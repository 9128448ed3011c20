import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';

const script = fileURLToPath(new URL('pod.sh', import.meta.url));

/** How a container is started. */
interface Container {
  /** Folder whose entries are in `/app`. */
  readonly app: string;
  readonly command: readonly string[];
  readonly env: Record<string, string>;
  readonly uid: number;
  /** In bytes. */
  readonly memory: number;
}

/**
 * Container as Kubernetes would start it, by the means of the kernel: namespaces for its processes and mounts, a
 * read-only root, no capabilities, and a limit of memory. It shares the network of this machine.
 */
export class Pod {
  /** All that it printed. */
  output = '';
  readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly root = mkdtempSync(join(tmpdir(), 'astra-pod-'));
  private readonly group: MemoryGroup;

  constructor({ app, command, env, uid, memory }: Container) {
    this.group = new MemoryGroup(memory);
    const isolate = ['unshare', '--mount', '--pid', '--fork', '--kill-child'];
    const enter = `echo $$ > ${this.group.path}/cgroup.procs && exec "$@"`;
    const inside = ['sh', script, this.root, app, String(uid), ...command];
    this.child = spawn('sh', ['-c', enter, 'sh', ...isolate, ...inside], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', ...env },
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (data) => (this.output += String(data)));
    this.exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Sends SIGTERM to the first process of the container, as a kubelet does. */
  terminate(): void {
    const { pid } = this.child;
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    process.kill(Number(first), 'SIGTERM');
  }

  /** Number of processes that the kernel has killed because of the limit. */
  get killedForMemory(): number {
    return this.group.kills;
  }

  /** Ends it, if it has not ended. */
  async remove(): Promise<void> {
    this.child.kill('SIGKILL'); // the container ends with it
    await this.exit;
    await eventually(() => Promise.resolve(this.group.remove()), 5_000);
    rmdirSync(this.root);
  }
}

/** Control group with a limit of memory, below that of this process: of the first or the second version. */
class MemoryGroup {
  readonly path: string;
  private readonly isFirst = existsSync('/sys/fs/cgroup/memory');

  constructor(limit: number) {
    const [, own] = (this.isFirst ? /^\d+:memory:(.*)$/m : /^0::(.*)$/m).exec(
      readFileSync('/proc/self/cgroup', 'utf8'),
    )!;
    const parent = join('/sys/fs/cgroup', this.isFirst ? 'memory' : '', own);
    this.path = join(parent, `astra-pod-${process.pid}-${Date.now()}`);
    if (!this.isFirst) writeFileSync(join(parent, 'cgroup.subtree_control'), '+memory');
    mkdirSync(this.path);
    writeFileSync(join(this.path, this.isFirst ? 'memory.limit_in_bytes' : 'memory.max'), String(limit));
  }

  get kills(): number {
    const events = readFileSync(
      join(this.path, this.isFirst ? 'memory.oom_control' : 'memory.events'),
      'utf8',
    );
    return Number(/^oom_kill (\d+)$/m.exec(events)![1]);
  }

  remove(): void {
    if (existsSync(this.path)) rmdirSync(this.path);
  }
}
