import { Role } from '../access/role.js';
import { PasswordsService } from './passwords/passwords.service.js';
import { UsersService } from '../users/users.service.js';

/** The account of the first administrator. */
export interface FirstAdministrator {
  username: string;
  email: string;
  password: string;
}

/**
 * Makes an administrator if there is none yet, or another one if that is asked for. It is never done over HTTP.
 *
 * @param get - How the application hands out its services.
 * @returns whether one was made.
 * @throws {InvalidInputError} if the password is not one that may be used.
 * @throws {UsernameTakenError | EmailTakenError} if somebody has the name or the address.
 */
export async function ensureAdministrator(
  app: { get<T>(type: new (...args: never[]) => T, options: { strict: false }): T },
  { username, email, password }: FirstAdministrator,
  { another = false } = {},
): Promise<boolean> {
  const users = app.get(UsersService, { strict: false });
  const passwords = app.get(PasswordsService, { strict: false });
  if (!another && (await users.hasAdmin())) return false;
  await passwords.assertAcceptable(password, { username, email });
  const passwordHash = await passwords.hash(password);
  const admin = { username, email, passwordHash, role: Role.Admin };
  if (!another) return users.createFirstAdmin(admin);
  // As for the first: whoever runs the service vouches for the address.
  await users.create({ ...admin, emailVerified: true });
  return true;
}
