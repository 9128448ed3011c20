import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../median.js';
import { conclude, type Order } from './order.js';

/** Modules of which the import is measured, the first of which is what each application with Nest needs anyway. */
const imports = {
  'Nest core and Fastify': ['@nestjs/common', '@nestjs/core', '@nestjs/platform-fastify'],
  'nestjs-astra': [built('index.js')],
  'nestjs-astra/verifier': [built('verifier/index.js')],
};

/**
 * Measures the CPU time of importing the package and its verifier, each in a new process.
 *
 * @returns a table in Markdown, which is also written to `imports.md` in the folder.
 */
export async function measureImports(order: Order): Promise<string> {
  const { rounds, notice } = order;
  const taken = Object.entries(imports).map(([name, modules]) => ({ name, modules, cpu: [] as number[] }));
  for (let round = -1; round < rounds * 2; round++) {
    for (const { modules, cpu } of taken) {
      const ms = await importTime(modules);
      // The first round reads the files from the disk.
      if (round >= 0) cpu.push(ms);
    }
    notice(
      `Imports: round ${round + 1}: ${taken.map(({ cpu }) => cpu.at(-1)?.toFixed(0)).join(', ')} ms CPU`,
    );
  }
  const [{ cpu: base }] = taken;
  const rows = taken.map(({ name, cpu }) => [
    name,
    `${median(cpu).toFixed(0)} ms`,
    cpu === base ? '' : `${median(cpu.map((ms, i) => ms / base[i])).toFixed(2)} ×`,
  ]);
  const of = `Medians of ${rounds * 2} imports`;
  const head = ['import of', 'CPU', 'of the first'];
  return conclude(order, { name: 'imports', of, head, rows, results: { taken } });
}

/** Returns the CPU time in ms that a new process takes for the imports, without its own start. */
async function importTime(modules: readonly string[]): Promise<number> {
  const program = `const before = process.cpuUsage();
    for (const name of ${JSON.stringify(modules)}) await import(name);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000); process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return Number(stdout);
}

function built(path: string): string {
  return pathToFileURL(join(import.meta.dirname, '../../shipped/src', path)).href;
}
