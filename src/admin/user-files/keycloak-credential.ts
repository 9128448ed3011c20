/** Maximum length of a credential in UTF-16 units; Keycloak's are shorter. */
const MAX_LENGTH = 1024;

/**
 * Converts a credential of a Keycloak realm export (`users[].credentials[]`, an object or its JSON) to a PHC string.
 * Its secret and its parameters are JSON strings inside it.
 *
 * @returns any other value unchanged.
 */
export function fromKeycloak(value: unknown): unknown {
  const credential = typeof value === 'string' && value.startsWith('{"') ? parse(value) : value;
  if (!isObject(credential)) return value;
  const [secret, data] = [parse(credential.secretData), parse(credential.credentialData)];
  if (!isObject(secret) || !isObject(data)) return value;

  const [salt, checksum] = [secret.salt, secret.value].map((text) => String(text).replace(/=+$/, ''));
  const passes = String(data.hashIterations);
  if (data.algorithm === 'argon2') {
    const { type, memory, parallelism } = parametersOf(data.additionalParameters);
    return `$argon2${type}$v=19$m=${memory},t=${passes},p=${parallelism}$${salt}$${checksum}`;
  }
  // Keycloak's first name for PBKDF2 does not state the digest, which was SHA-1.
  const algorithm = data.algorithm === 'pbkdf2' ? 'pbkdf2-sha1' : String(data.algorithm);
  return `$${algorithm}$i=${passes},l=${Buffer.byteLength(checksum, 'base64')}$${salt}$${checksum}`;
}

/** Reads the parameters, each of which is a list of one string. */
function parametersOf(value: unknown): Record<'type' | 'memory' | 'parallelism', string> {
  const first = (name: string) => {
    const list: unknown = isObject(value) ? value[name] : undefined;
    return Array.isArray(list) ? String(list[0]) : '';
  };
  return { type: first('type'), memory: first('memory'), parallelism: first('parallelism') };
}

function parse(text: unknown): unknown {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
