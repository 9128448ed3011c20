import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { promisify } from 'node:util';

const root = new URL('..', import.meta.url).pathname;
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  scripts: Record<string, string>;
};
const suites = Object.keys(scripts).filter((name) => /\bjest\b/.test(scripts[name]));

/** The files that a suite would run, by their paths in the project. */
async function filesOf(suite: string, ...args: string[]): Promise<string[]> {
  const command = ['run', '-s', suite, '--', '--listTests', ...args];
  const { stdout } = await promisify(execFile)('npm', command, { cwd: root });
  const paths = stdout.split('\n').filter(Boolean);
  return [...new Set(paths)].map((path) => relative(root, path));
}

describe('the suites of tests', () => {
  it('are all there', () => {
    expect(suites.map((name) => name.replace('test:', '')).sort()).toEqual([
      ...['browser', 'commands', 'faults', 'hosts', 'package', 'test', 'timing'],
    ]);
  });

  it.each(suites)('run only the file that is named: npm run %s -- <path>', async (suite) => {
    const all = await filesOf(suite);
    expect(all.length).toBeGreaterThan(1);
    expect(await filesOf(suite, all[0])).toEqual([all[0]]);
  });
});
