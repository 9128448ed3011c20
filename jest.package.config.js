// The package as others install it: npm run test:package. It is packed once, for all of these tests.
import config from './jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  globalSetup: '<rootDir>/test/support/global-setup-packed.mjs',
  testMatch: ['**/*.package.ts'],
};
