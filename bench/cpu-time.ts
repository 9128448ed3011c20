import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks per second on Linux, the same on all machines. */
const TICKS_PER_SECOND = 100;

/** CPU time in seconds. */
export interface CpuTime {
  /** In the program itself. */
  user: number;
  /** In the kernel on its behalf. */
  system: number;
}

/**
 * Returns the CPU time of all threads of a process so far, with a resolution of 10 ms.
 *
 * @throws {Error} if the process has exited.
 */
export async function cpuTimeOf(pid: number | undefined): Promise<CpuTime> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name of the program, which may contain blanks: utime and stime are the 12th and 13th after
  // it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]) / TICKS_PER_SECOND, system: Number(fields[12]) / TICKS_PER_SECOND };
}

/** CPU time of the threads of a process of Node, in ms. */
export interface ThreadTimes {
  /** Thread that runs JavaScript. */
  main: number;
  /** Threads of libuv, which hash passwords. */
  workers: number;
  /** All threads, those of the compiler and the garbage collector included. */
  all: number;
}

/** Returns the CPU time of the threads of a process of Node so far. */
export async function threadTimesOf(pid: number): Promise<ThreadTimes> {
  const times: ThreadTimes = { main: 0, workers: 0, all: 0 };
  for (const id of await readdir(`/proc/${pid}/task`)) {
    const time = await exactCpuTimeOf(`${pid}/task/${id}`);
    const name = (await readFile(`/proc/${pid}/task/${id}/comm`, 'utf8')).trim();
    times.all += time;
    if (Number(id) === pid) times.main = time;
    else if (name === 'libuv-worker') times.workers += time;
  }
  return times;
}

/** Returns the CPU time of the main thread of a process, or of another one, so far, in ms; exact while it sleeps. */
export async function exactCpuTimeOf(pid: number | string): Promise<number> {
  const [nanoseconds] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ');
  return Number(nanoseconds) / 1e6;
}
