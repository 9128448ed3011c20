// Specs and what they import are transformed by Jest. This file is loaded by Node itself, and the setup needs entities
// and migrations: decorators, and imports that name the `.js` which a build would make.
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformFileSync } from '@swc/core';

const typescript = registerHooks({
  resolve(specifier, context, nextResolve) {
    try {
      return nextResolve(specifier, context);
    } catch (error) {
      if (!/^\.{1,2}\/.*\.js$/.test(specifier)) throw error;
      return nextResolve(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts')) return nextLoad(url, context);
    const { code } = transformFileSync(fileURLToPath(url));
    return { format: 'module', source: code, shortCircuit: true };
  },
});

export default (await import('./global-setup.ts')).default;

typescript.deregister();
