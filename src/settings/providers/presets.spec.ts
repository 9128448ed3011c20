import { type Claims, metadataUrl, presetOf, type PresetOptions } from './presets.js';

const ownTenant = '11111111-2222-3333-4444-555555555555';

describe('a preset', () => {
  it.each<[string, PresetOptions, Claims, boolean]>([
    ['google', {}, { email: 'a@gmail.com', email_verified: true }, true],
    ['google', {}, { email: 'a@example.com', email_verified: true, hd: 'example.com' }, true],
    ['google', {}, { email: 'a@example.com', email_verified: true }, false],
    ['google', {}, { email: 'a@gmail.com', email_verified: 'true' }, false],
    ['google', {}, { email: 'a@gmail.com.evil.com', email_verified: true }, false],
    ['microsoft', {}, { email: 'a@example.com', email_verified: true }, false],
    ...[true, 'true', '1', 1].map(
      (xms_edov) => ['microsoft', {}, { xms_edov }, true] as [string, PresetOptions, Claims, boolean],
    ),
    ...[false, 'false', '0', 0, undefined, null].map(
      (xms_edov) => ['microsoft', {}, { xms_edov }, false] as [string, PresetOptions, Claims, boolean],
    ),
    ['microsoft', { tenant: ownTenant }, {}, true],
    ['microsoft', { tenant: 'organizations' }, {}, false],
    ['apple', {}, { email_verified: 'true' }, true],
    ['apple', {}, { email_verified: 'false' }, false],
    ['github', {}, { email_verified: true }, true],
    ['github', {}, {}, false],
    ['facebook', {}, { email_verified: true }, false],
    ['acme', {}, { email_verified: true }, true],
    ['acme', {}, { email_verified: 'true' }, false],
    ['acme', { trustEmail: false }, { email_verified: true }, false],
  ])('of %s %j trusts the address of %j: %s', (name, options, claims, expected) => {
    expect(
      presetOf(name, name === 'acme' ? 'https://a.example' : undefined, options).verifiesEmail(
        claims,
        options,
      ),
    ).toBe(expected);
  });

  it('of Google admits users of one domain by their claim', () => {
    const { admits } = presetOf('google', undefined, {});
    expect(admits?.({}, {})).toBe(true);
    expect(admits?.({ hd: 'example.com' }, { hostedDomain: 'example.com' })).toBe(true);
    expect(admits?.({ hd: 'evil.com' }, { hostedDomain: 'example.com' })).toBe(false);
    expect(admits?.({}, { hostedDomain: 'example.com' })).toBe(false);
  });

  it('of Microsoft has one issuer for each tenant', () => {
    const shared = presetOf('microsoft', undefined, {});
    expect(metadataUrl(shared, {})).toBe(
      'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration',
    );
    const own = presetOf('microsoft', undefined, { tenant: ownTenant });
    expect(own.issuer).toBe(`https://login.microsoftonline.com/${ownTenant}/v2.0`);
  });

  it('is led to a server on this machine as a whole', () => {
    const { endpoints, issuer } = presetOf('github', 'http://127.0.0.1:4000', {});
    expect([issuer, ...Object.values(endpoints ?? {})]).toEqual([
      'http://127.0.0.1:4000',
      'http://127.0.0.1:4000/login/oauth/authorize',
      'http://127.0.0.1:4000/login/oauth/access_token',
      null,
      'http://127.0.0.1:4000',
    ]);
  });
});
