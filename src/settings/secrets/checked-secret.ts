import { isExampleSecret } from './guessable-secret.js';

const SECRET_NEEDED = 'must have at least 32 bytes from a random generator (openssl rand -base64 32)';

/**
 * Validates a secret key of a host.
 *
 * @param name - Name of the option.
 * @param options.allowExampleSecrets - Whether published examples and placeholders are accepted.
 * @throws {RangeError} with the name of the option, but never its value.
 */
export function checkedSecret(
  name: string,
  value: string | undefined,
  { allowExampleSecrets }: { allowExampleSecrets: boolean },
): string {
  if (value === undefined || value === null || value === '')
    throw new RangeError(`${name} ${SECRET_NEEDED}, but is missing`);
  // At run time, a host's configuration may contain any type.
  if (typeof value !== 'string' || Buffer.byteLength(value) < 32)
    throw new RangeError(`${name} ${SECRET_NEEDED}`);
  if (!allowExampleSecrets && isExampleSecret(value))
    throw new RangeError(
      `${name} must not be an example, with which anybody could sign tokens; it ${SECRET_NEEDED}`,
    );
  return value;
}
