import { secretSigningKey } from '../../src/auth/tokens/keys/signing-key.js';
import { readLegacyToken } from '../../src/fastapi/tokens/legacy-token.js';
import { nonsense } from '../support/nonsense.js';

const encode = (text: string) => Buffer.from(text).toString('base64url');

it('a token of nonsense is none of the FastAPI service', () => {
  const key = secretSigningKey('a secret key for tests, of enough bytes');
  for (const text of nonsense) {
    const token = `${encode(text)}.${encode(text)}.AA`;
    expect([text.slice(0, 40), readLegacyToken(token, 'access', key)]).toEqual([text.slice(0, 40), null]);
  }
});
