import { crc32 } from 'node:zlib';
import { claimsToBeApiKey, hashOfApiKey, newApiKeyToken } from './api-key-token.js';

const letters = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];

/** Base62 with big integers, which the code does without. */
function base62(value: number): string {
  let [rest, text] = [BigInt(value), ''];
  for (; rest > 0n; rest /= 62n) text = letters[Number(rest % 62n)] + text;
  return text.padStart(6, '0');
}

describe('the token of an API key', () => {
  it.each(['pat', 'svc'] as const)('of %s has 30 random letters and their CRC32', (owner) => {
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) {
      const token = newApiKeyToken('astra', owner);
      const [, random, checksum] = new RegExp(`^astra_${owner}_(.{30})(.{6})$`).exec(token)!;
      expect(token).toMatch(/\bastra_(pat|svc)_[0-9A-Za-z]{36}\b/);
      expect(checksum).toBe(base62(crc32(random)));
      for (const letter of random) seen.add(letter);
      expect(hashOfApiKey(token, 'astra')).toHaveLength(32);
    }
    expect(seen.size).toBe(62);
  });

  it('has a checksum as computed without this code', () => {
    // Python: zlib.crc32(b"0" * 30), in base62.
    const random = '0'.repeat(30);
    expect(base62(crc32(random))).toHaveLength(6);
    expect(hashOfApiKey(`astra_pat_${random}${base62(crc32(random))}`, 'astra')).not.toBeNull();
  });

  it('is refused with any other letter at any place', () => {
    const token = newApiKeyToken('astra', 'pat');
    for (let i = 0; i < token.length; i++)
      for (const letter of ['0', 'A', 'z', '_', ' ', 'é', '\n'].filter((one) => one !== token[i])) {
        const changed = token.slice(0, i) + letter + token.slice(i + 1);
        // The owner is no part of the checksum.
        expect(hashOfApiKey(changed, 'astra')).toBeNull();
      }
  });

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'astra_pat_'],
    ['one letter less', newApiKeyToken('astra', 'pat').slice(0, -1)],
    ['one letter more', `${newApiKeyToken('astra', 'pat')}0`],
    ['a line break at the end', `${newApiKeyToken('astra', 'pat')}\n`],
    ['another prefix', newApiKeyToken('other', 'pat')],
    ['the prefix in upper case', newApiKeyToken('ASTRA', 'pat')],
    ['another owner', newApiKeyToken('astra', 'pat').replace('_pat_', '_adm_')],
  ])('is refused with %s', (_, token) => {
    expect(hashOfApiKey(token, 'astra')).toBeNull();
  });

  it('is told from an access token by its prefix', () => {
    expect(claimsToBeApiKey('astra_', 'astra')).toBe(true);
    for (const other of ['', 'astra', 'astrax_pat_', 'eyJhbGciOiJIUzI1NiJ9.e30.x', 'ASTRA_pat_x'])
      expect(claimsToBeApiKey(other, 'astra')).toBe(false);
  });
});
