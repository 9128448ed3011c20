// Prints, as JSON, all metadata that decorators leave in the modules of a build: node decorator-metadata.mjs <folder>
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
createRequire(join(folder, 'package.json'))('reflect-metadata');

const found = {};
const nameOf = (value) => (Array.isArray(value) ? value.map(nameOf) : (value?.name ?? String(value)));
const { metadata } = Reflect;
Reflect.metadata = (key, value) => (target, property) => {
  const owner = typeof target === 'function' ? target.name : target.constructor.name;
  // Of a class as a whole, only SWC says that it is a function.
  if (String(key).startsWith('design:') && !(key === 'design:type' && property === undefined))
    found[`${owner}.${String(property)} ${key}`] = nameOf(value);
  return metadata(key, value)(target, property);
};

// All but what does something when it is loaded.
for (const path of globSync('src/**/*.js', { cwd: folder }).sort())
  if (!/^src\/(main|cli)\.js$|\.worker\.js$|\/(pages|files)\/.+\.js$|\.spec\.js$/.test(path))
    await import(join(folder, path));
console.log(JSON.stringify(found));
