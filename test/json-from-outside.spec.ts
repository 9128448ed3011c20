import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromKeycloak } from '../src/admin/user-files/keycloak-credential.js';
import { jsonLines } from '../src/admin/user-files/json-lines.js';
import { readChallenge } from '../src/auth/factors/passkeys/webauthn/client-data.js';
import { PasskeyRefusal } from '../src/auth/factors/passkeys/webauthn/passkey-refusal.js';
import { readHeader, parseObject } from '../src/auth/tokens/access-token-claims.js';
import { problemOf } from '../src/client/problem.js';
import { webStorage } from '../src/client/session-storage.js';
import { isHostFolder } from '../src/commands/host-folder.js';
import { MailSeal } from '../src/mail/mail-seal.js';
import { decodeCursor } from '../src/paging/cursor.js';
import { InvalidInputError } from '../src/http/problem/problem.js';
import { AuthSettings } from '../src/settings/auth-settings.js';
import { nonsense } from './support/nonsense.js';

const sources = fileURLToPath(new URL('../src', import.meta.url));
const encode = (text: string) => Buffer.from(text).toString('base64url');

/** What reads JSON that may come from outside the process, and what it does with nonsense: nothing that nobody catches. */
const readers: Record<string, (nonsense: string) => unknown> = {
  'admin/user-files/keycloak-credential.ts': (text) =>
    fromKeycloak({ type: 'password', secretData: text, credentialData: text }),
  'admin/user-files/json-lines.ts': async (text) => {
    const lines = (async function* () {
      yield { number: 1, text } as const;
    })();
    for await (const record of jsonLines.read(lines)) expect(record.line).toBe(1);
  },
  'auth/factors/passkeys/webauthn/client-data.ts': (text) => {
    expect(() => readChallenge(encode(text))).toThrow(PasskeyRefusal);
  },
  'auth/tokens/access-token-claims.ts': (text) => {
    const token = `${encode(text)}.${encode(text)}.AA`;
    parseObject(encode(text));
    expect(readHeader(token)).toBeNull();
  },
  'client/problem.ts': async (text) => {
    for (const body of [text, JSON.stringify(text), `[${JSON.stringify(text)}]`]) {
      const problem = await problemOf(new Response(body, { status: 502 }));
      expect(problem).toMatchObject({ code: 'about:blank', status: 502 });
    }
  },
  'client/session-storage.ts': async (text) => {
    const kept = globalThis.localStorage;
    const disk = { getItem: () => text };
    Object.defineProperty(globalThis, 'localStorage', { value: disk, configurable: true, writable: true });
    try {
      expect(await webStorage().get()).toBeNull();
    } finally {
      Object.defineProperty(globalThis, 'localStorage', { value: kept, configurable: true, writable: true });
    }
  },
  'commands/host-folder.ts': () => isHostFolder('/dev/null'),
  'mail/mail-seal.ts': (text) => {
    const seal = new MailSeal(new AuthSettings({ secretKey: 'a secret key for tests, of enough bytes' }));
    expect(seal.open(encode(text), 'x')).toBeNull();
  },
  'paging/cursor.ts': (text) => {
    try {
      decodeCursor(encode(text), (position): position is [string] => position.length === 1);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInputError);
    }
  },
};

/** What is read elsewhere, and why nonsense there ends nothing. */
const others: Record<string, string> = {
  'auth/providers/client/api-profiles.ts': 'answers of a provider, see test/providers/wrong-answers.spec.ts',
  'auth/providers/client/token-response.ts':
    'answers of a provider, see test/providers/wrong-answers.spec.ts',
  'auth/providers/client/provider-metadata.ts':
    'answers of a provider, see test/providers/wrong-answers.spec.ts',
  'auth/providers/way/ways.ts': 'text that this service has sealed',
  'auth/sign-in/provider/provider-callback.controller.ts':
    'a form of Apple, in a try, see test/providers/presets.spec.ts',
  'audit/chains/verify-audit.ts': 'the file that an operator names; the command says that it is no anchor',
  'client/client.ts': 'answers of the service, in a promise of the caller',
  'client/session.ts': 'answers of the service, see test/client/client.spec.ts; claims, in a try',
  'database/notices/access-changes.ts': 'notices of Postgres, see test/notices.spec.ts',
  'docs/pages/swagger-ui.init.js': 'in a browser, which shows the error',
  'logs/readable.ts': 'lines that this process has written itself',
  'pages/account-pages.ts': 'texts of this package',
  'pages/files/sign-in/ways-in/providers.js': 'text that the page has kept itself',
  'pages/files/built/console.js': 'the client, above',
  'pages/files/built/my-account.js': 'the client, above',
  'pages/files/forms.js': 'in a browser, in a try: the page says that the service is away',
  'schematics/project.ts': 'the package.json of the project of whoever runs nest add, who sees the error',
  'verifier/issuer.ts': 'answers of an issuer, see test/token-verifier.spec.ts',
  'version.ts': 'the package.json of this package',
};

it('reads JSON from outside in places that are known, each of which is tried here or elsewhere', async () => {
  const files = await readdir(sources, { recursive: true });
  const places: string[] = [];
  for (const file of files) {
    if (!/\.(ts|js)$/.test(file) || file.endsWith('.spec.ts')) continue;
    const code = (await readFile(join(sources, file), 'utf8')).replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, '');
    if (/JSON\.parse\(|\.json\(\)/.test(code)) places.push(file);
  }
  const known = [...Object.keys(readers), ...Object.keys(others)];
  expect(places.filter((place) => !known.includes(place))).toEqual([]);
  expect(Object.keys(readers).filter((place) => !places.includes(place))).toEqual([]);
});

it.each(Object.entries(readers))('%s takes nonsense for nothing', async (_, read) => {
  for (const text of nonsense) {
    const outcome = await Promise.resolve(text)
      .then(read)
      .then(() => 'no error', String);
    expect([text.slice(0, 40), outcome]).toEqual([text.slice(0, 40), 'no error']);
  }
});
