import { AuthSettings } from '../../../settings/auth-settings.js';
import { sha1MacOf } from '../../../keys/mac.js';
import { HOTP, Secret } from 'otpauth/bare';
import { TotpCodes } from './totp-codes.js';

const secretKey = 'a secret key for tests, of enough bytes';
const next = 'the secret key that comes after it, of enough bytes';
const codes = new TotpCodes(new AuthSettings({ secretKey }));
/** The secret of both RFCs in Base32: `12345678901234567890`. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const sealed = codes.seal(secret, 'id');

describe('a code of an authenticator app', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %i is that of RFC 6238, appendix B, cut to 6 digits', (seconds, code) => {
    const step = Math.floor(seconds / 30);
    const stepAt = (at: number) => codes.stepOf(code, sealed, 'id', at * 1_000);
    expect(stepAt(seconds)).toBe(step);
    expect(stepAt(seconds + 30)).toBe(step);
    expect(stepAt(seconds - 30)).toBe(step);
    expect(stepAt(seconds + 60)).toBeNull();
    if (step > 1) expect(stepAt(seconds - 60)).toBeNull();
  });

  it.each([
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ])('%s is one of RFC 4226, appendix D', (code) => {
    const all = Array.from({ length: 10 }, (_, counter) =>
      HOTP.generate({
        secret: Secret.fromBase32(secret),
        counter,
        hmac: (_algorithm: string, key: Uint8Array, message: Uint8Array) => sha1MacOf(message, key),
      }),
    );
    expect(all).toContain(code);
  });

  it('has a secret of 160 bits, which only its own factor opens', () => {
    const setup = codes.create('ada:lovelace');
    expect(setup.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(setup.uri).toBe(
      `otpauth://totp/Astra:ada%3Alovelace?issuer=Astra&secret=${setup.secret}&algorithm=SHA1&digits=6&period=30`,
    );
    expect(setup.qrSvg).toMatch(/^<svg [^>]*>.*<\/svg>$/s);
    expect(codes.create('ada').secret).not.toBe(setup.secret);
    expect(sealed).not.toContain(secret);
    expect(codes.stepOf('287082', sealed, 'another id', 59_000)).toBeNull();
  });

  it('goes on under the next secret key, which encrypts its secret again', () => {
    const both = new TotpCodes(new AuthSettings({ secretKey: next, previousSecretKeys: [secretKey] }));
    const alone = new TotpCodes(new AuthSettings({ secretKey: next }));
    expect(both.stepOf('287082', sealed, 'id', 59_000)).toBe(1);
    expect(alone.stepOf('287082', sealed, 'id', 59_000)).toBeNull();
    const again = both.reseal(sealed, 'id') as string;
    expect(alone.stepOf('287082', again, 'id', 59_000)).toBe(1);
    expect(both.reseal(again, 'id')).toBeNull();
    expect([both.keyOf(again, 'id'), both.keyOf(sealed, 'id'), alone.keyOf(sealed, 'id')]).toEqual([
      ...['present', 'previous', 'none'],
    ]);
  });
});
