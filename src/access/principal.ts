import type { Permission, RoleName } from '../settings/roles-option.js';

/**
 * Under which a request names its {@link Principal}. No message can name one by it, as it could by text. `user` is the
 * host's, whose own guards put another there.
 */
export const PRINCIPAL = Symbol('astra:principal');

/** A request, or a connection, that a guard of ours let in. */
export interface AuthenticatedRequest {
  /** `null` if nobody is signed in, and nobody has to be. */
  [PRINCIPAL]?: TokenHolder | null;
}

/** What an access token alone says of its holder. */
export interface TokenHolder {
  readonly userId: string;
  /** The session that the access token belongs to. */
  readonly sessionId: string;
  /** Where the accounts are, it is as in the database; elsewhere, as in a token that nobody revoked. */
  readonly role: RoleName;
  /** What the role permits, by the option `roles`. */
  readonly permissions: readonly Permission[];
}

/** The signed-in user on whose behalf a request is made, as of at most a moment ago. */
export interface Principal extends TokenHolder {
  readonly username: string;
  readonly email: string;
  readonly emailVerified: boolean;
  /** `null` if the user gave none. */
  readonly fullName: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
