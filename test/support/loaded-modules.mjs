// Loads a module in a process of its own and prints how many files that took, for how long, and of which packages:
// `node --import ./test/support/typescript.mjs test/support/loaded-modules.mjs src/verifier/index.ts`.
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const files = new Set();
registerHooks({
  load(url, context, nextLoad) {
    files.add(url);
    return nextLoad(url, context);
  },
});
const begunAt = performance.now();
await import(pathToFileURL(process.argv[2]).href);
const ms = Math.round(performance.now() - begunAt);
for (const path of Object.keys(createRequire(import.meta.url).cache)) files.add(pathToFileURL(path).href);

const packageOf = (url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
const packages = [...new Set([...files].map(packageOf).filter(Boolean))].sort();
console.log(JSON.stringify({ files: files.size, ms, packages }));
