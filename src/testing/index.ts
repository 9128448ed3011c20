// Public API for tests of a host application: `nestjs-astra/testing`.
export { asUser, type SignedInUser } from './as-user.js';
export { AstraTestKit, type TestKitOptions } from './astra-test-kit.js';
export type { TestClock } from './test-clock.js';
export type { TestMailbox, TestMessage } from './test-mailbox.js';
