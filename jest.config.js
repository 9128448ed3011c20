/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // As the examples name it.
    '^nestjs-astra$': '<rootDir>/src/index.ts',
    '^nestjs-astra/testing$': '<rootDir>/src/testing/index.ts',
  },
  transform: { '^.+\\.ts$': '@swc/jest' },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testMatch: ['**/*.spec.ts'],
  testTimeout: 60_000,
  // More than the two cores of the smallest machine, because much of a test is waiting.
  maxWorkers: 3,
  // What a worker keeps of the files that it has run costs more to look through, at each collection, than a new worker.
  workerIdleMemoryLimit: '700MB',
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/main.ts', '!src/**/*.spec.ts'],
};
