// Lets Node itself load the sources, without a build: decorators, and imports that name the `.js` a build would make.
// For what runs outside of Jest: `node --import ./test/support/typescript.mjs some.ts`.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformFileSync } from '@swc/core';

export const typescript = registerHooks({
  resolve(specifier, context, nextResolve) {
    // Asked first, and not when Node has found no `.js`: its error costs more than all else that loading a source takes.
    if (context.parentURL?.endsWith('.ts') && /^\.{1,2}\/.*\.js$/.test(specifier)) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true };
    }
    return nextResolve(specifier, context);
  },
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts')) return nextLoad(url, context);
    const { code } = transformFileSync(fileURLToPath(url));
    return { format: 'module', source: code, shortCircuit: true };
  },
});
