import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const ITERATIONS = 4096;

/** Non-ASCII spaces (RFC 3454, C.1.2), and characters commonly mapped to nothing (B.1). */
const OTHER_SPACES = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g;
const MAPPED_TO_NOTHING =
  /\u00AD|\u034F|\u1806|\u180B|\u180C|\u180D|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/g;

/**
 * Returns the SCRAM verifier that Postgres stores for a password (RFC 5802, RFC 7677).
 *
 * The password is prepared like clients do (SASLprep, RFC 4013); otherwise, non-ASCII passwords would never match.
 * Nothing is rejected, as in the driver.
 */
export async function scramVerifier(password: string): Promise<string> {
  const prepared = password.replace(OTHER_SPACES, ' ').replace(MAPPED_TO_NOTHING, '').normalize('NFKC');
  const salt = randomBytes(16);
  const salted = await promisify(pbkdf2)(prepared, salt, ITERATIONS, 32, 'sha256');
  const mac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(mac('Client Key')).digest('base64');
  const serverKey = mac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
