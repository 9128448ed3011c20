// The last step of `npm run build`: joins the modules of the server, which Node takes longer to find, read and link than to run,
// into few files: node bundle.mjs <folder of the build>.
import { rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const folder = resolve(process.argv[2]);
/** Modules that others import, run or load by name. They keep their paths and exports. */
const entries = [
  'src/index',
  'src/testing/index',
  'src/verifier/index',
  'src/main',
  'src/cli',
  'src/auth/passwords/hashing/imported-hashes/sha-crypt.worker',
  'ormconfig',
];

/** Lets a module find the files beside it, although it has moved to a bundle in `src`. */
const ownFiles = {
  name: 'own-files',
  transform: {
    filter: { code: 'import.meta.url' },
    handler(code, id) {
      const path = JSON.stringify(`./${relative(join(folder, 'src'), id)}`);
      return {
        code: code.replaceAll('import.meta.url', `new URL(${path}, import.meta.url).href`),
        map: null,
      };
    },
  },
};

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, join(folder, `${name}.js`)])),
  platform: 'node',
  // Packages remain what they are, but for the helpers of the compiler.
  external: (id) => !id.startsWith('.') && !isAbsolute(id) && id !== 'tslib',
  plugins: [ownFiles],
});
const { output } = await bundle.generate({
  entryFileNames: '[name].js',
  chunkFileNames: 'src/bundle-[hash].js',
});
await bundle.close();

for (const { fileName, code } of output) {
  // Nest, TypeORM and the OpenAPI document go by the names of classes.
  const renamed = /\bclass \w+\$\d+/.exec(code);
  if (renamed) throw new Error(`${fileName}: two classes have one name: ${renamed[0]}`);
  if (code.includes('import.meta.url') && dirname(fileName) !== 'src')
    throw new Error(`${fileName}: its paths are for a bundle in src`);
}
const joined = output.flatMap(({ moduleIds }) => moduleIds).filter((id) => id.startsWith(folder));
for (const id of joined) await Promise.all([rm(id), rm(`${id}.map`, { force: true })]);
for (const { fileName, code } of output) await writeFile(join(folder, fileName), code);
