import { isExampleSecret } from './guessable-secret.js';

const SECRET_NEEDED = 'must have at least 32 bytes from a random generator (openssl rand -base64 32)';

/**
 * Checks a secret key that a host gave.
 *
 * @param name - The option that it was given as.
 * @param options.allowExampleSecrets - Whether printed examples and placeholders are taken.
 * @throws {RangeError} naming the option, never the value.
 */
export function checkedSecret(
  name: string,
  value: string | undefined,
  { allowExampleSecrets }: { allowExampleSecrets: boolean },
): string {
  if (value === undefined || value === null || value === '')
    throw new RangeError(`${name} ${SECRET_NEEDED}, but is missing`);
  // A host's configuration may hold anything, whatever the type says.
  if (typeof value !== 'string' || Buffer.byteLength(value) < 32)
    throw new RangeError(`${name} ${SECRET_NEEDED}`);
  if (!allowExampleSecrets && isExampleSecret(value))
    throw new RangeError(
      `${name} must not be an example, with which anybody could sign tokens; it ${SECRET_NEEDED}`,
    );
  return value;
}
