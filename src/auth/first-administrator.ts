import { Role } from '../settings/role.js';
import { PasswordsService } from './passwords/passwords.service.js';
import { FirstAdminService } from '../users/admins/first-admin.service.js';
import { UsersService } from '../users/users.service.js';

/** Account of the first admin. */
export interface FirstAdministrator {
  username: string;
  email: string;
  password: string;
}

/**
 * Creates an admin if there is none yet, or another one if requested. Not available over HTTP.
 *
 * @param get - Returns the application's services.
 * @returns whether one was created.
 * @throws {InvalidInputError} if the password is not allowed.
 * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
 */
export async function ensureAdministrator(
  app: { get<T>(type: new (...args: never[]) => T, options: { strict: false }): T },
  { username, email, password }: FirstAdministrator,
  { another = false } = {},
): Promise<boolean> {
  const first = app.get(FirstAdminService, { strict: false });
  const users = app.get(UsersService, { strict: false });
  const passwords = app.get(PasswordsService, { strict: false });
  if (!another && (await first.exists())) return false;
  await passwords.assertAcceptable(password, { username, email });
  const passwordHash = await passwords.hash(password);
  const admin = { username, email, passwordHash, role: Role.Admin };
  if (!another) return first.create(admin);
  // Created as verified, like the first admin: the operator vouches for the email address.
  await users.create({ ...admin, emailVerified: true });
  return true;
}
