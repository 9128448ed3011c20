// What the specs say of the routes also holds where Astra is a guest, and more holds there: npm run test:hosts
import config from './jest.config.js';

/** Those that are about the routes, and not about the stand-alone service around them. */
const contract = [
  'access',
  'account-export',
  'administration',
  'authorization',
  'email-change',
  'email-verification',
  'forged-tokens',
  'input',
  'mail-tokens',
  'notices',
  'oauth2-clients',
  'password-change',
  'password-reset',
  'profile',
  'providers/certified',
  'providers/providers',
  'refresh',
  'registration',
  'revocation',
  'sessions',
  'sign-in',
  'token-kinds',
  'ways-in',
];

/** Those with most requests that a front end sends. */
const byClient = [
  'administration',
  'email-change',
  'password-change',
  'profile',
  'refresh',
  'registration',
  'sessions',
  'sign-in',
];

const { globalSetup, globalTeardown, testTimeout, maxWorkers, workerIdleMemoryLimit, ...project } = config;
delete project.coverageProvider;
delete project.collectCoverageFrom;

/** @type {import('jest').Config} */
export default {
  globalSetup,
  globalTeardown,
  testTimeout,
  maxWorkers,
  workerIdleMemoryLimit,
  projects: [
    ...['fastify', 'express'].map((astraHost) => ({
      ...project,
      displayName: astraHost,
      globals: { astraHost },
      testMatch: [`**/test/(${contract.join('|')}).spec.ts`],
    })),
    // The same by nestjs-astra/client, which must not change a response.
    {
      ...project,
      displayName: 'client',
      globals: { astraClient: true },
      testMatch: [`**/test/(${byClient.join('|')}).spec.ts`],
    },
    { ...project, displayName: 'guest', testMatch: ['**/*.host.ts'] },
  ],
};
