import { readFile } from 'node:fs/promises';

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

/** Returns the CPU time of a single-threaded process so far, in ms; exact while it sleeps. */
export async function exactCpuTimeOf(pid: number): Promise<number> {
  const [nanoseconds] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ');
  return Number(nanoseconds) / 1e6;
}
