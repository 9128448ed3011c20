// Loaded before a program with --import: prints the packages of OpenTelemetry that it loaded when it ends. With
// WITHOUT_PACKAGE=<name>, that one cannot be found.
import { createRequire, registerHooks } from 'node:module';

const files = new Set();
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === process.env.WITHOUT_PACKAGE)
      throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(specifier, context);
  },
  load(url, context, next) {
    files.add(url);
    return next(url, context);
  },
});
process.on('exit', () => {
  for (const path of Object.keys(createRequire(import.meta.url).cache)) files.add(path);
  const names = [...files].map((file) => /node_modules\/(@opentelemetry\/[^/]+)/.exec(file)?.[1]);
  process.stdout.write(`Loaded: ${[...new Set(names)].filter(Boolean).sort().join(' ')}\n`);
});
