import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const BETWEEN = '--- between two commands ---';

/** Command of a page, with what the page shows of its output, and what it printed. */
export interface RanCommand {
  command: string;
  shown: string;
  printed: string;
}

/**
 * Runs the commands in the `console` blocks of a page, in one shell and in an empty folder.
 *
 * @param replace - Puts what is true in this test into a command, such as the port.
 */
export async function runPage(page: string, replace: (command: string) => string): Promise<RanCommand[]> {
  const lines = [...page.matchAll(/^```console\n(.*?)^```/gms)].flatMap(([, block]) => block.split('\n'));
  const steps: { command: string; shown: string }[] = [];
  for (const line of lines) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: '' });
    else if (last?.command.endsWith('\\')) last.command += `\n${line}`;
    else if (last && line) last.shown = line;
  }
  const script = steps.map(({ command }) => replace(command)).join(`\necho; echo '${BETWEEN}'\n`);
  const folder = await mkdtemp(join(tmpdir(), 'astra-page-'));
  try {
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, timeout: 50_000 });
    const outputs = stdout.split(BETWEEN);
    expect(outputs).toHaveLength(steps.length);
    return steps.map((step, i) => ({ ...step, printed: outputs[i].trim() }));
  } finally {
    await rm(folder, { recursive: true });
  }
}
