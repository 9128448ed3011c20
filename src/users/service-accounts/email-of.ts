import type { User } from '../user.entity.js';
import { ServiceAccountError } from '../users.errors.js';

/**
 * Returns the email address of a person.
 *
 * @throws {ServiceAccountError} for a service account, which has none.
 */
export function emailOf({ email }: Pick<User, 'email'>): string {
  if (email === null) throw new ServiceAccountError();
  return email;
}
