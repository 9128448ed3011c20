import { resolve } from 'node:path';
import { production } from '../../test/support/variables.js';
import { readEnvironment } from '../env.js';

describe('readEnvironment', () => {
  it('has the defaults of the contract', () => {
    expect(readEnvironment({})).toEqual({
      production: false,
      warnings: [],
      secondFactor: true,
      apiKeys: true,
      signInMethods: ['password', 'passkey'],
      passwordless: false,
      webhooks: false,
      host: '127.0.0.1',
      port: 8000,
      trustedProxies: [],
      corsOrigins: [],
      console: true,
      docs: true,
      logLevel: 'info',
      metricsPort: undefined,
      metricsHost: '127.0.0.1',
      shutdownDelay: 0,
      dataDir: resolve('data'),
      rateLimit: true,
      redisUrl: undefined,
      mail: {
        smtpUrl: undefined,
        smtpTls: undefined,
        language: 'en',
        color: '#1f4fd8',
        from: 'Astra <no-reply@localhost>',
      },
      database: { embedded: true, username: 'astra', password: undefined, database: 'astra' },
      serviceRole: undefined,
      testDatabase: undefined,
      admin: undefined,
      fastapi: { legacyTokens: undefined },
      auth: {
        secretKey: undefined,
        previousSecretKeys: [],
        publicUrl: 'http://localhost:8000',
        accessTokenTtl: 900,
        sessionIdleTtl: 604_800,
        sessionMaxTtl: 2_592_000,
        refreshReuseGrace: 10,
        rememberedSessions: 20_000,
        emailCodeTtl: 600,
        apiKeys: { prefix: 'astra', maxDays: 365 },
        reauthenticationTtl: 300,
        secondFactor: { required: [], issuer: undefined },
        refreshCookie: false,
        providers: {},
        redirectUris: [],
        linking: 'proof',
        providerNetworks: [],
        passkeys: { rpId: undefined, origins: undefined },
        webhooks: { allow: [], ports: [], allowHttp: true },
        passwordHash: 'argon2id',
        passwordPolicy: 'classic',
        auditAddressDays: 90,
        auditRetentionDays: 365,
        emailVerification: 'optional',
        registrationPrivacy: 'open',
        algorithm: 'HS256',
        jwtPrivateKeysDir: undefined,
        worker: true,
        issuer: 'astra',
        audience: 'astra',
      },
    });
  });

  it('lets others than this machine in only in production, or where HOST says so', () => {
    expect(readEnvironment({}).host).toBe('127.0.0.1');
    expect(readEnvironment({ NODE_ENV: 'test' }).host).toBe('127.0.0.1');
    expect(readEnvironment(production).host).toBe('0.0.0.0');
    expect(readEnvironment({ ...production, HOST: '127.0.0.1' }).host).toBe('127.0.0.1');
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('warns not of HOST=%s in development', (HOST) => {
    expect(readEnvironment({ HOST }).warnings).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'dev.example.com'])('warns of HOST=%s in development', (HOST) => {
    const { warnings } = readEnvironment({ HOST });
    expect(warnings).toEqual([
      expect.stringMatching(/^HOST makes a development service reachable from other machines/),
    ]);
  });

  it('serves no docs in production unless told to', () => {
    expect(readEnvironment(production)).toMatchObject({ production: true, docs: false });
    expect(readEnvironment({ ...production, DOCS: 'on' }).docs).toBe(true);
  });

  it('serves no console in production unless told to', () => {
    expect(readEnvironment(production)).toMatchObject({ production: true, console: false });
    expect(readEnvironment({ ...production, CONSOLE: 'on' }).console).toBe(true);
  });

  it('answers an object that cannot be changed', () => {
    const environment = readEnvironment({ TRUSTED_PROXIES: '10.0.0.1' });
    for (const part of [environment, environment.auth, environment.database, environment.trustedProxies]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});
