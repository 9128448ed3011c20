/** Client of Astra's API, for browsers and other platforms with `fetch`. */
export {
  AstraClient,
  type ClientOptions,
  type Confirmation,
  type Input,
  type Output,
  type RequestOptions,
  type Route,
} from './client.js';
export {
  addPasskey,
  createPasskey,
  type CreatedPasskey,
  hasPasskeys,
  signInWithPasskey,
  type UsedPasskey,
  usePasskey,
} from './passkeys.js';
export { isProblem, ProblemError, type ProblemOf } from './problem.js';
export { finishProviderSignIn, linkProvider, type ProviderOptions, signInWithProvider } from './providers.js';
export type { ChangeCause, ChangeListener } from './session.js';
export { type Proof, signIn, signInWithEmailCode, type SignInStep } from './sign-in.js';
export {
  cookieStorage,
  webStorage,
  memoryStorage,
  type SessionStorage,
  type StoredSession,
} from './session-storage.js';
export { signUp, type SignUpStep, type VerificationStep, verifyEmail } from './sign-up.js';
export { userOf, type UserState, type UserStore } from './user.js';
export type * from './api.js';
