import { generateKeyPairSync } from 'node:crypto';
import { production, refusals, temporaryFolder } from '../../../test/support/variables.js';
import { readEnvironment, type Variables } from '../../env.js';

const google = { OIDC_GOOGLE_CLIENT_ID: 'id', OIDC_GOOGLE_CLIENT_SECRET: 'secret' };
const acme = {
  OIDC_ACME_ISSUER: 'https://id.acme.example',
  OIDC_ACME_CLIENT_ID: 'id',
  OIDC_ACME_CLIENT_SECRET: 'secret',
};
const pem = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const apple = {
  OIDC_APPLE_CLIENT_ID: 'com.example.web',
  OIDC_APPLE_TEAM_ID: 'TEAM',
  OIDC_APPLE_KEY_ID: 'KEY',
  OIDC_APPLE_PRIVATE_KEY: pem('P-256'),
};

describe('the settings of providers', () => {
  const { file } = temporaryFolder();
  const providers = (variables: Variables) => readEnvironment(variables).auth.providers;

  it('are none unless one is set', () => {
    expect(providers({})).toEqual({});
    expect(providers({ OIDC_GOOGLE_CLIENT_ID: '' })).toEqual({});
  });

  it('are two for a preset, and three for any other issuer', () => {
    expect(providers({ ...google, ...acme, ...production })).toEqual({
      google: { clientId: 'id', clientSecret: 'secret' },
      acme: { issuer: 'https://id.acme.example', clientId: 'id', clientSecret: 'secret' },
    });
  });

  it('can say more', () => {
    const more = {
      OIDC_ACME_TITLE: 'Acme Inc',
      OIDC_ACME_SCOPES: 'openid email',
      OIDC_ACME_AUDIENCES: 'a,b',
      OIDC_ACME_TRUST_EMAIL: 'off',
      OIDC_ACME_SATISFIES: 'two-factors',
    };
    expect(providers({ ...acme, ...more }).acme).toMatchObject({
      ...{ title: 'Acme Inc', scopes: ['openid', 'email'], audiences: ['a', 'b'], trustEmail: false },
      satisfies: 'two-factors',
    });
    expect(providers({ ...google, OIDC_GOOGLE_HOSTED_DOMAIN: 'example.com' }).google.hostedDomain).toBe(
      'example.com',
    );
    expect(
      Object.keys(
        providers({
          OIDC_MY_ID_CLIENT_ID: 'id',
          OIDC_MY_ID_CLIENT_SECRET: 's',
          OIDC_MY_ID_ISSUER: 'https://a.example',
        }),
      ),
    ).toEqual(['my-id']);
  });

  it('take secrets from files, and a key with written line breaks', () => {
    const path = file('secret', 'from a file\n');
    expect(
      providers({ OIDC_GOOGLE_CLIENT_ID: 'id', OIDC_GOOGLE_CLIENT_SECRET_FILE: path }).google.clientSecret,
    ).toBe('from a file');
    const written = apple.OIDC_APPLE_PRIVATE_KEY.replaceAll('\n', '\\n');
    expect(providers({ ...apple, OIDC_APPLE_PRIVATE_KEY: written }).apple.privateKey).toBe(
      apple.OIDC_APPLE_PRIVATE_KEY,
    );
    expect(refusals({ ...google, OIDC_GOOGLE_CLIENT_SECRET_FILE: path })).toEqual([
      'OIDC_GOOGLE_CLIENT_SECRET and OIDC_GOOGLE_CLIENT_SECRET_FILE must not both be set',
    ]);
  });

  it.each<[string, Variables, string]>([
    ['a provider without a client', { OIDC_GOOGLE_CLIENT_SECRET: 's' }, 'OIDC_GOOGLE_CLIENT_ID must be set'],
    ['a provider without a secret', { OIDC_GOOGLE_CLIENT_ID: 'id' }, 'OIDC_GOOGLE_CLIENT_SECRET must be set'],
    [
      'an unknown provider without an issuer',
      { ...acme, OIDC_ACME_ISSUER: '' },
      'OIDC_ACME_ISSUER must be set',
    ],
    [
      'an issuer without TLS',
      { ...acme, OIDC_ACME_ISSUER: 'http://id.acme.example' },
      'OIDC_ACME_ISSUER must be set',
    ],
    [
      'an issuer with a query',
      { ...acme, OIDC_ACME_ISSUER: 'https://id.acme.example?a' },
      'OIDC_ACME_ISSUER must be set',
    ],
    [
      'a preset with an issuer',
      { ...google, OIDC_GOOGLE_ISSUER: 'https://a.example' },
      'OIDC_GOOGLE_ISSUER must be left out',
    ],
    [
      'a field of another preset',
      { ...google, OIDC_GOOGLE_TENANT: 'common' },
      'OIDC_GOOGLE_TENANT is for microsoft only',
    ],
    [
      'a tenant by its name',
      {
        OIDC_MICROSOFT_CLIENT_ID: 'i',
        OIDC_MICROSOFT_CLIENT_SECRET: 's',
        OIDC_MICROSOFT_TENANT: 'contoso.com',
      },
      'OIDC_MICROSOFT_TENANT must be the id of a tenant',
    ],
    [
      'Apple with a secret',
      { ...apple, OIDC_APPLE_CLIENT_SECRET: 's' },
      'OIDC_APPLE_CLIENT_SECRET must be left out',
    ],
    ['Apple without a team', { ...apple, OIDC_APPLE_TEAM_ID: '' }, 'OIDC_APPLE_TEAM_ID must be set'],
    [
      'Apple with a key of another curve',
      { ...apple, OIDC_APPLE_PRIVATE_KEY: pem('P-384') },
      'OIDC_APPLE_PRIVATE_KEY must be set',
    ],
    [
      'Apple with no key in PEM',
      { ...apple, OIDC_APPLE_PRIVATE_KEY: 'abc' },
      'OIDC_APPLE_PRIVATE_KEY must be a private key in PEM',
    ],
    [
      'trust in a preset',
      { ...google, OIDC_GOOGLE_TRUST_EMAIL: 'on' },
      'OIDC_GOOGLE_TRUST_EMAIL is not for presets',
    ],
    ['no openid', { ...acme, OIDC_ACME_SCOPES: 'email' }, 'OIDC_ACME_SCOPES must contain openid'],
    ['a name in lower case', { OIDC_acme_CLIENT_ID: 'id' }, 'OIDC_acme_… must name a provider'],
    [
      'a slip of the pen',
      { ...google, OIDC_GOOGLE_CLIENT_SECERT: 's' },
      'OIDC_GOOGLE_CLIENT_SECERT is not a setting; did you mean OIDC_GOOGLE_CLIENT_SECRET?',
    ],
  ])('stop the start: %s', (_, variables, line) => {
    const lines = refusals(variables);
    expect(lines).toEqual([expect.stringContaining(line)]);
    expect(lines.join()).not.toContain('contoso');
  });

  it('take an issuer on this machine, but not in production', () => {
    const here = { ...google, OIDC_GOOGLE_ISSUER: 'http://127.0.0.1:4000' };
    expect(providers(here).google.issuer).toBe('http://127.0.0.1:4000');
    expect(refusals({ ...here, ...production })).toEqual([
      expect.stringMatching(/^OIDC_GOOGLE_ISSUER must be left out/),
    ]);
    const other = { ...acme, OIDC_ACME_ISSUER: 'http://localhost:4000' };
    expect(refusals(other)).toEqual([]);
    expect(refusals({ ...other, ...production })).toEqual([
      expect.stringMatching(/^OIDC_ACME_ISSUER must be set/),
    ]);
  });
});
