import { deriveBytes, deriveKey, deriveKeys } from './derived-keys.js';
import { isEqual, macOf } from './mac.js';
import { seal, unseal } from './seal.js';

const secret = 'a secret of at least 32 bytes, for vectors';
const other = 'another secret of more than 32 bytes';

// What installations hold was made with these bytes, computed without this code.
describe('a derived key', () => {
  it('is the same in every version', () => {
    expect(deriveKey(secret, 'astra refresh token v1').export().toString('hex')).toBe(
      '1c9e661792552dc24213a98cef08a6053a27d63e9049e18d078c4e34b51e1eb5',
    );
    expect(deriveBytes(secret, 'astra key id', 9).toString('base64url')).toBe('97DUQabIbOo_');
  });

  it('comes of the present secret first, then of the previous ones', () => {
    const keys = deriveKeys({ secretKey: secret, previousSecretKeys: [other] }, 'purpose');
    expect(keys.map((key) => key.export())).toEqual(
      [secret, other].map((from) => deriveBytes(from, 'purpose', 32)),
    );
  });
});

describe('a MAC', () => {
  it('is the same in every version', () => {
    expect(macOf('data', deriveKey(secret, 'astra refresh token v1')).toString('hex')).toBe(
      '8fc37afc319f2c848f0af3a49c745d3498e0f9975566a69eeb685d80adc9b07c',
    );
    expect(macOf(Buffer.from('data'), secret).toString('hex')).toBe(
      '5e34f9203a031fe8a4a6f28c8c0ee3fed4963bd5b003cdebad35c4bd0efcca1f',
    );
  });

  it.each([
    ['the same bytes', 'abcd', true],
    ['other bytes', 'abce', false],
    ['fewer bytes', 'abc', false],
    ['no bytes', '', false],
  ])('is compared with %s', (_, given, expected) => {
    expect(isEqual(Buffer.from('abcd'), Buffer.from(given))).toBe(expected);
  });
});

describe('a sealed text', () => {
  const ofMail = deriveKeys({ secretKey: secret, previousSecretKeys: [] }, 'astra mail job v1');
  const sealed = 'BwcHBwcHBwcHBwcHprAQ-L6pg4hCJDqG3c7VkeLWbdwM-vE';

  it('opens in every version', () => {
    expect(unseal(sealed, 'label', ofMail)).toBe('{"a":1}');
  });

  it('opens with a previous key', () => {
    const keys = deriveKeys({ secretKey: other, previousSecretKeys: [secret] }, 'astra mail job v1');
    expect(unseal(sealed, 'label', keys)).toBe('{"a":1}');
  });

  it('is never the same twice', () => {
    const [a, b] = [seal('text', 'label', ofMail), seal('text', 'label', ofMail)];
    expect(a).not.toBe(b);
    expect([a, b].map((one) => unseal(one, 'label', ofMail))).toEqual(['text', 'text']);
  });

  it.each([
    ['another label', sealed, 'other', 'astra mail job v1'],
    ['a key of another purpose', sealed, 'label', 'another purpose'],
    ['a changed byte', `C${sealed.slice(1)}`, 'label', 'astra mail job v1'],
    ['half of it', sealed.slice(0, 20), 'label', 'astra mail job v1'],
    ['nothing', '', 'label', 'astra mail job v1'],
  ])('does not open with %s', (_, text, label, purpose) => {
    const keys = deriveKeys({ secretKey: secret, previousSecretKeys: [] }, purpose);
    expect(unseal(text, label, keys)).toBeNull();
  });
});
