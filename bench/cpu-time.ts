import { readFile } from 'node:fs/promises';

/** Of Linux, the same on all its machines. */
const TICKS_PER_SECOND = 100;

/** CPU time in seconds. */
export interface CpuTime {
  /** In the program itself. */
  user: number;
  /** In the kernel on its behalf. */
  system: number;
}

/** CPU time that all threads of a process have taken so far, to a hundredth of a second. @throws {Error} if it is gone. */
export async function cpuTimeOf(pid: number | undefined): Promise<CpuTime> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name, which may hold blanks: utime and stime are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]) / TICKS_PER_SECOND, system: Number(fields[12]) / TICKS_PER_SECOND };
}

/** CPU time that a process with one thread has taken so far, in ms; exact while it sleeps. */
export async function exactCpuTimeOf(pid: number): Promise<number> {
  const [nanoseconds] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ');
  return Number(nanoseconds) / 1e6;
}
