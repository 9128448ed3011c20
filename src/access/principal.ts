import type { Role } from './role.js';

/** The signed-in user on whose behalf a request is made, as of at most a moment ago. */
export interface Principal {
  readonly userId: string;
  /** The session that the access token belongs to. */
  readonly sessionId: string;
  readonly username: string;
  readonly email: string;
  readonly emailVerified: boolean;
  /** `null` if the user gave none. */
  readonly fullName: string | null;
  /** From the database, never from the token. */
  readonly role: Role;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
