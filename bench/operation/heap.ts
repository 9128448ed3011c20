import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../server-process.js';
import type { Stage } from '../stage.js';

/** Collects the heap at a signal, and says how large it is then. */
const COLLECTOR = `process.on('SIGUSR2', () => { gc(); console.error('heap', process.memoryUsage().heapUsed); });`;

/** Options to Node for {@link heapOf}. */
export const COLLECT = ['--expose-gc', `--import=data:text/javascript,${encodeURIComponent(COLLECTOR)}`];

export const megabytes = (bytes: number) => bytes / 1024 / 1024;

/** Collects the heap of a service, and returns its size in bytes. */
export async function heapOf(stage: Stage, server: ServerProcess): Promise<number> {
  const before = await stage.logged(/^heap (\d+)$/gm);
  server.signal('SIGUSR2');
  for (;;) {
    const lines = await stage.logged(/^heap (\d+)$/gm);
    if (lines.length > before.length) return Number(lines.at(-1)?.[1]);
    await sleep(50);
  }
}
