// `npm start`: builds the service if its sources changed, and runs it: node start.js <program> [arguments].
//
// Each state of the sources has a folder of its own, which is complete when it gets its name and never changes after
// that. So starts in one checkout at the same time, and `npm run build`, leave each other's files alone.
import { createHash } from 'node:crypto';
import { glob, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const root = import.meta.dirname;
const builds = join(root, 'node_modules/.cache/astra');
/** In ms. A folder as young as that may be about to be used. */
const HOUR = 3_600_000;
const IN_USE = 'in-use-';
/** Bundles for browsers, which this build makes itself, from ui. */
const INTERFACE = join('src', 'pages', 'files', 'built');

/** What the folder of a build consists of, by relative path: TypeScript is translated, all else copied. */
async function readSources() {
  const paths = ['package.json', 'ormconfig.ts'];
  for await (const path of glob('{src,migrations,ui}/**/*.*', { cwd: root })) paths.push(path);
  const needed = paths.filter((path) => !path.endsWith('.spec.ts') && !path.startsWith(INTERFACE)).sort();
  return Promise.all(needed.map(async (path) => [path, await readFile(join(root, path))]));
}

async function nameOf(sources) {
  const hash = createHash('sha256');
  const tools = ['.swcrc', 'node_modules/@swc/core/package.json', 'start.js'];
  const read = tools.map(async (path) => [path, await readFile(join(root, path))]);
  for (const [path, content] of [...(await Promise.all(read)), ...sources])
    hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 16);
}

async function build(sources, folder) {
  const { transform } = await import('@swc/core');
  const { buildInterface } = await import('./ui/build.mjs');
  const isServed = ([path]) => !path.startsWith('ui');
  const files = await Promise.all(
    sources.filter(isServed).map(async ([path, content]) => {
      if (!path.endsWith('.ts')) return [path, content];
      const options = { cwd: root, filename: join(root, path), sourceMaps: false };
      const { code } = await transform(String(content), options).catch((error) => {
        throw new Error(`${path} cannot be compiled.\n${error.message}`);
      });
      return [path.replace(/ts$/, 'js'), code];
    }),
  );
  await mkdir(builds, { recursive: true });
  const draft = await mkdtemp(join(builds, 'new-'));
  try {
    for (const [path, content] of files) {
      await mkdir(join(draft, dirname(path)), { recursive: true });
      await writeFile(join(draft, path), content);
    }
    await buildInterface(join(draft, INTERFACE));
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another start was quicker; its files are the same.
    if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
  }
}

const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Removes builds of earlier sources that no process runs from. */
async function removeOthers(current) {
  for (const name of await readdir(builds)) {
    const folder = join(builds, name);
    if (folder === current || Date.now() - (await stat(folder)).mtimeMs < HOUR) continue;
    const users = (await readdir(folder)).filter((file) => file.startsWith(IN_USE));
    if (!users.some((file) => isAlive(Number(file.slice(IN_USE.length)))))
      await rm(folder, { recursive: true, force: true });
  }
}

const [program, ...args] = process.argv.slice(2);
const sources = await readSources();
const folder = join(builds, await nameOf(sources));
if (!(await exists(folder))) await build(sources, folder);
await writeFile(join(folder, IN_USE + process.pid), '');
await removeOthers(folder).catch(() => undefined); // another start may do so at the same moment

const path = join(folder, program);
process.argv = [process.argv[0], path, ...args];
await import(path);
