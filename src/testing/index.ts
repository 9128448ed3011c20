// Public API for tests of a host application: `nestjs-astra/testing`.
export { asUser, type SignedInUser, type TestUserOptions } from './as-user.js';
export { asService, type TestServiceAccount, type TestServiceOptions } from './as-service.js';
export { AstraTestKit, type TestKitOptions } from './astra-test-kit.js';
export type { CoseKey } from './cbor.js';
export {
  type Falsify,
  type PasskeyAlgorithm,
  type ResponseParts,
  SoftAuthenticator,
  type SoftAuthenticatorOptions,
  type SoftCreationOptions,
  type SoftPasskey,
  type SoftRequestOptions,
} from './soft-authenticator.js';
export type { TestClock } from './test-clock.js';
export type { TestMailbox, TestMessage } from './test-mailbox.js';
export type { TestFactor } from './test-factors.js';
export { totpCode } from './totp-code.js';
