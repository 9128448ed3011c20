// Bundles the interface for browsers: `node ui/build.mjs [folder]`. Default folder: where the sources serve it from.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const here = import.meta.dirname;
/** Bundles by the name under which they are served, with the module at which each begins. */
const bundles = { 'my-account.js': 'account/account.tsx', 'console.js': 'console/console.tsx' };
const styles = {
  'app.css': ['frame', 'forms', 'lists', 'details'].map((part) => `shared/styles/${part}.css`),
};

/**
 * Writes the bundles and style sheets. Each file appears whole, so that several builds at once do no harm.
 *
 * @param folder - Default: src/pages/files/built, which is no part of the repository.
 */
export async function buildInterface(folder = join(here, '../src/pages/files/built')) {
  await mkdir(folder, { recursive: true });
  const write = async (name, text) => {
    const draft = join(folder, `${name}.${randomUUID()}`);
    await writeFile(draft, text);
    await rename(draft, join(folder, name));
  };
  for (const [name, entry] of Object.entries(bundles)) {
    const bundle = await rolldown({
      input: join(here, entry),
      resolve: { extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } },
    });
    const { output } = await bundle.generate({ format: 'esm', minify: true });
    await write(name, output[0].code);
    await bundle.close();
  }
  for (const [name, parts] of Object.entries(styles)) {
    const texts = await Promise.all(parts.map((part) => readFile(join(here, part), 'utf8')));
    await write(name, texts.join('\n'));
  }
}

if (process.argv[1] === import.meta.filename) await buildInterface(process.argv[2]);
