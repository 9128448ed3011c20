// Changes the code in small ways, one after the other, and looks whether a test fails: `npm run test:mutation -- tokens`.
// Each change is met by the tests that run through it, in a Jest of their own, so a room takes minutes. Not a part of CI.
import { Stryker } from '@stryker-mutator/core';

/** What is changed, and which tests are to notice. */
const rooms = {
  passwords: {
    mutate: [
      'src/auth/passwords/{hashing/hash-queue,hashing/password-hash,policy/password-policy,passwords.service}.ts',
    ],
    specs: ['src/auth/passwords/**/*.spec.ts'],
  },
  tokens: {
    mutate: ['src/auth/tokens/**/*.ts', '!src/auth/tokens/**/{*.spec,*.module,jwks.controller}.ts'],
    specs: ['src/auth/tokens/**/*.spec.ts'],
  },
  access: {
    mutate: ['src/access/**/*.ts', '!src/access/openapi/openapi-document.ts'],
    specs: [
      ...['access', 'docs', 'refusals'].map((name) => `test/${name}.spec.ts`),
      ...['guest', 'guest-contexts', 'guest-roles'].map((name) => `test/${name}.host.ts`),
    ],
  },
  sessions: {
    mutate: [
      'src/auth/sessions/{principal-cache,sessions.service,session-purge}.ts',
      'src/auth/sign-in/sign-in.service.ts',
      'src/auth/tokens/refresh-tokens.ts',
    ],
    specs: ['refresh', 'sessions', 'sign-in', 'revocation'].map((name) => `test/${name}.spec.ts`),
  },
};

const [name, ...files] = process.argv.slice(2);
const room = rooms[name];
if (!room) throw new Error(`Name a room, and perhaps files of it: ${Object.keys(rooms).join(', ')}`);

// Once for all changes, and not for each as Jest would.
const { default: globalSetup } = await import('./global-setup.mjs');
await globalSetup();
try {
  await new Stryker({
    mutate: files.length > 0 ? files : room.mutate,
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    jest: {
      projectType: 'custom',
      // It knows the tests of a file by the imports, by which every test of the service is one of each file.
      enableFindRelatedTests: false,
      config: {
        globalSetup: null,
        globalTeardown: null,
        testMatch: room.specs.map((spec) => `<rootDir>/${spec}`),
      },
    },
    coverageAnalysis: 'perTest',
    // What runs when a file is loaded (decorators, constants) is covered by every test there is.
    ignoreStatic: true,
    concurrency: 1,
    timeoutMS: 8_000,
    ignorePatterns: ['/bench', '/docs', '/examples', 'dist', 'data'],
    tempDirName: 'coverage/mutation',
    reporters: ['clear-text', 'json', 'progress'],
    clearTextReporter: { logTests: false, reportTests: false, allowColor: process.stdout.isTTY },
    jsonReporter: { fileName: `coverage/mutation-${name}.json` },
  }).runMutationTest();
} finally {
  await globalThis.stopTestServer?.();
}
