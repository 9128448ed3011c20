import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SoftAuthenticator } from '../src/testing/soft-authenticator.js';
import { earlyInStep } from './support/authenticator.js';
import { newAccount, newFactorHolder } from './support/factor-holder.js';
import { MailService, publicUrl } from './support/mail-service.js';
import { runPage } from './support/page-commands.js';
import { addPasskey, newHolder, ORIGIN, passkeySignIn } from './support/passkey-holder.js';
import { type Answer, TestService } from './support/test-service.js';

const pageOf = (name: string) => readFile(`docs/${name}.md`, 'utf8');

/** What varies from answer to answer. */
const varying = /^(id|.*token|secret|uri|qr_svg|recovery_codes|request_id|.*_at)$/;

/** Members of an answer, without the values that vary. */
function shapeOf(text: string): unknown {
  if (!text.startsWith('{')) return text;
  return JSON.parse(text, (name, value: unknown) =>
    varying.test(name) && value !== null ? typeof value : value,
  );
}

/** Runs JavaScript of a page as its readers do in a browser with an authenticator. */
function runInBrowser(code: string, at: TestService, authenticator: SoftAuthenticator, known: object) {
  const credentials = {
    create: ({ publicKey }: any) => ({ toJSON: () => authenticator.create(publicKey) }),
    get: ({ publicKey }: any) => ({ toJSON: () => authenticator.get(publicKey) }),
  };
  const given = {
    fetch: (path: string, request: RequestInit) => fetch(at.origin + path, request),
    navigator: { credentials },
    PublicKeyCredential: {
      parseCreationOptionsFromJSON: (options: unknown) => options,
      parseRequestOptionsFromJSON: (options: unknown) => options,
      signalAllAcceptedCredentials: (signal: unknown) => Object.assign(known, { signal }),
    },
    ...known,
  };
  const AsyncFunction = (async () => undefined).constructor as new (...texts: string[]) => any;
  return new AsyncFunction(...Object.keys(given), code)(...Object.values(given)) as Promise<any>;
}

/** Blocks of JavaScript below a heading of a page. */
const codeOf = (page: string, heading: string) =>
  [
    ...page
      .split(`\n## ${heading}\n`)[1]
      .split('\n## ')[0]
      .matchAll(/^```[jt]s\n(.*?)^```/gms),
  ].map(([, code]) => code);

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());

describe('docs/second-factors.md', () => {
  it('shows what its commands answer', async () => {
    await earlyInStep(20);
    const { userId, secret } = await newFactorHolder(service, 'ada');
    await newAccount(service, 'grace');
    const otpauth = resolve('node_modules/otpauth/dist/otpauth.node.mjs');
    const program = `import('${otpauth}').then(({ TOTP }) => console.log(new TOTP({ secret: process.argv[1] }).generate({ timestamp: Date.now() + 3e4 * process.argv[2] })))`;
    const codeOfApp = (base32: string, steps: number) =>
      `$(NODE_OPTIONS= '${process.execPath}' -e "${program}" -- "${base32}" ${steps})`;
    // Each code works once: the second sign-in takes the next one, and the new app has its own.
    const codes = [
      codeOfApp(secret, 0),
      codeOfApp(secret, 1),
      codeOfApp(`$(sed 's/.*"secret":"\\([^"]*\\)".*/\\1/' app.json)`, 0),
    ];
    const ran = await runPage(await pageOf('second-factors'), (command) =>
      command
        .replace('http://localhost:8000', service.origin)
        .replace(
          /^(.*)123456(.*)$/ms,
          (_, before: string, after: string) => `CODE=${codes.shift()}\n${before}$CODE${after}`,
        ),
    );
    for (const { command, shown, printed } of ran)
      expect([command, shapeOf(printed)]).toEqual([command, shapeOf(shown)]);
    expect(codes).toEqual([]);
    const used = await service.database.query('SELECT FROM auth_sessions WHERE user_id = $1', [userId]);
    expect(used.length).toBeGreaterThanOrEqual(3);
  }, 90_000);
});

describe('docs/passkeys.md', () => {
  let page: string;
  beforeAll(async () => {
    page = await pageOf('passkeys');
  });

  it('adds a passkey, signs in with it, informs the authenticator, and removes the password', async () => {
    const { access_token: accessToken, authenticator } = await newHolder(service);
    const [add] = codeOf(page, 'Add a passkey');
    const [api] = add.split('\n\n');
    await runInBrowser(add, service, authenticator, { accessToken });
    const { body } = await service.get('/users/me/passkeys', accessToken);
    expect(body.items).toMatchObject([{ name: 'My phone' }]);

    const [signIn] = codeOf(page, 'Sign in');
    const tokens = await runInBrowser(`${api}\n${signIn}\nreturn tokens;`, service, authenticator, {
      accessToken,
    });
    expect(tokens).toMatchObject({ access_token: expect.any(String), token_type: 'bearer' });

    const known: { accessToken: string; signal?: object } = { accessToken };
    await runInBrowser(codeOf(page, 'Keep authenticators up to date')[0], service, authenticator, known);
    expect(known.signal).toEqual({
      rpId: 'localhost',
      userId: body.user_handle,
      allAcceptedCredentialIds: body.credential_ids,
    });

    // The only passkey is bound to one device, and there are recovery codes.
    const ran = await runPage(page, (command) =>
      command.replace('API=http://localhost:8000', `TOKEN=${tokens.access_token}; API=${service.origin}`),
    );
    expect(ran.map(({ printed }) => printed)).toEqual(ran.map(({ shown }) => shown));
    expect((await passkeySignIn(service, authenticator)).status).toBe(200);
  });

  it('tests with the authenticator in software', async () => {
    const { access_token } = await newHolder(service);
    const [code] = codeOf(page, 'In your application').filter((text) => text.includes('SoftAuthenticator'));
    const answers: Answer[] = [];
    const post = async (path: string, body?: object) => {
      answers.push(await service.post(path, body, access_token));
      return answers.at(-1)!.body;
    };
    const program = code.replace(/^import .*\n/, '');
    await runInBrowser(program, service, new SoftAuthenticator({ origin: ORIGIN }), {
      SoftAuthenticator,
      post,
    });
    expect(answers.map(({ status }) => status)).toEqual([200, 201, 200, 200]);
  });

  it('asks for a passkey after the password', async () => {
    const holder = await newHolder(service);
    await addPasskey(service, holder);
    const { username, authenticator } = holder;
    const { body } = await service.post('/auth/login', { username, password: 'Analytical1' });
    expect(body.factors).toContain('passkey');
    const { sign_in_token, passkey_options } = body;
    const proof = { sign_in_token, passkey: authenticator.get(passkey_options) };
    expect((await service.post('/auth/login/continue', proof)).status).toBe(200);
  });

  it('gives a first passkey to an account that was registered without a password', async () => {
    const mail = await MailService.start({ passwordless: true });
    try {
      const email = 'newcomer@example.com';
      await mail.service.post('/auth/register', { username: 'newcomer', email });
      const authenticator = new SoftAuthenticator({ origin: new URL(publicUrl).origin });
      const [api] = codeOf(page, 'Add a passkey')[0].split('\n\n');
      const [first] = codeOf(page, 'Registration without a password');
      const token = await mail.token('verify-email', email);
      await runInBrowser(`${api}\n${first}`, mail.service, authenticator, { token, accessToken: '' });
      expect((await passkeySignIn(mail.service, authenticator)).status).toBe(200);
    } finally {
      await mail.stop();
    }
  });
});
