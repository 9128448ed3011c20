// Public API for services without access to the accounts: `nestjs-astra/verifier`.
export { Authenticated } from '../access/authenticated.decorator.js';
export { CurrentUser } from '../access/current-user.decorator.js';
export type { TokenHolder } from '../access/principal.js';
export { Public } from '../access/public.decorator.js';
export { Role } from '../settings/role.js';
export { RecentSignIn, TwoFactors } from '../access/guards/recent-sign-in.guard.js';
export { Roles } from '../access/guards/roles.guard.js';
export type { AccessClaims } from '../auth/tokens/access-token-claims.js';
export { TokenVerifier, type TokenVerifierOptions, VerifierUnavailableError } from './token-verifier.js';
export { AstraVerifierModule, type VerifierAsyncOptions, type VerifierOptions } from './verifier.module.js';
