/** Client of Astra's API, for browsers and other platforms with `fetch`. */
export {
  AstraClient,
  type ClientOptions,
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
export type { ChangeCause, ChangeListener } from './session.js';
export { type Proof, signIn, signInWithEmailCode, type SignInStep } from './sign-in.js';
export {
  cookieStorage,
  webStorage,
  memoryStorage,
  type SessionStorage,
  type StoredSession,
} from './session-storage.js';
export { userOf, type UserState, type UserStore } from './user.js';
export type * from './api.js';
