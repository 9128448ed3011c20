import { readdir, readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

/** Nice value of the worker threads: in competition for a core, they get a tenth of what the main thread gets. */
const NICE = 10;

/**
 * Lets the main thread go first where it competes for a core with libuv's worker threads, which hash passwords, read files and
 * look up names. In a flood of sign-ins there are as many hashes at once as cores, and everybody else would wait for a share
 * of one.
 *
 * Only on Linux, where threads have priorities of their own; elsewhere, and where the system refuses, all stays as it is.
 */
export async function yieldToMainThread(): Promise<void> {
  if (process.platform !== 'linux') return;
  try {
    // Reading starts all threads of the pool, if none was needed before.
    const threads = await readdir('/proc/self/task');
    const names = await Promise.all(threads.map((id) => readFile(`/proc/self/task/${id}/comm`, 'utf8')));
    const workers = threads.filter((_, i) => names[i].trim() === 'libuv-worker');
    for (const id of workers) setPriority(Number(id), NICE);
  } catch {
    // The system refuses.
  }
}
