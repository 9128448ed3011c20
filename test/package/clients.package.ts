// Clients that others generate from the OpenAPI document: they compile, and they work.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestService } from '../support/test-service.js';

const execute = promisify(execFile);

/** How each of them is made, and how the same is written with it: sign up, sign in, read the profile, be refused. */
const clients = {
  'openapi-typescript': {
    make: 'npx openapi-typescript openapi.json -o openapi-typescript/schema.ts',
    use: `
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

const client = createClient<paths>({ baseUrl: process.argv[2] });
const made = await client.POST('/api/v1/auth/register', { body: person });
if (!made.data) throw new Error(made.error.detail);
const id: string = made.data.id;
const signedIn = await client.POST('/api/v1/auth/login', { body: credentials });
const headers = { authorization: \`Bearer \${signedIn.data!.access_token}\` };
const me = await client.GET('/api/v1/users/me', { headers });
const again = await client.POST('/api/v1/auth/register', { body: person });
const type: string | undefined = again.error?.type;
say(id, me.data?.id, type);`,
  },
  'hey-api': {
    make: 'npx openapi-ts -i openapi.json -o hey-api/client',
    use: `
import { sessionsLogin, profileShow, registrationRegister } from './client/index.js';
import { client } from './client/client.gen.js';

client.setConfig({ baseUrl: process.argv[2] as never });
const made = await registrationRegister({ body: person });
if (!made.data) throw new Error(JSON.stringify(made.error));
const id: string = made.data.id;
const signedIn = await sessionsLogin({ body: credentials });
const headers = { authorization: \`Bearer \${signedIn.data!.access_token}\` };
const me = await profileShow({ headers });
const again = await registrationRegister({ body: person });
say(id, me.data?.id, again.error?.type);`,
  },
  'swagger-typescript-api': {
    make: 'npx swagger-typescript-api generate -p openapi.json -o swagger-typescript-api -n api.ts',
    use: `
import { Api } from './api.js';

const { api } = new Api({ baseUrl: process.argv[2] });
const made = await api.registrationRegister(person);
const id: string = made.data.id;
const signedIn = await api.sessionsLogin(credentials);
const headers = { authorization: \`Bearer \${signedIn.data.access_token}\` };
const me = await api.profileShow({ headers });
const again = await api.registrationRegister(person).catch((refused) => refused);
say(id, me.data.id, again.error?.type);`,
  },
};

const tsconfig = {
  compilerOptions: {
    ...{
      module: 'nodenext',
      target: 'ES2023',
      strict: true,
      skipLibCheck: true,
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    },
    ...{ types: [], outDir: 'dist', rootDir: '.' },
  },
};

const beginning = (name: string) => `
declare const process: { argv: string[] };
const person = { username: '${name}', email: '${name}@example.com', password: 'Analytical1' };
const credentials = { username: person.username, password: person.password };
const say = (...words: unknown[]) => console.log(JSON.stringify(words));
`;

describe('a client that is generated', () => {
  let service: TestService;
  let folder: string;

  const run = (command: string) =>
    execute('sh', ['-c', command], { cwd: folder, maxBuffer: 2 ** 26 }).catch(
      (error: Error & { stdout: string; stderr: string }) => {
        throw new Error(`${command}\n${error.stdout}\n${error.stderr}`, { cause: error });
      },
    );

  beforeAll(async () => {
    service = await TestService.start();
    folder = await mkdtemp(join(tmpdir(), 'astra-clients-'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const { body } = await service.get<object>('//openapi.json');
    await writeFile(join(folder, 'openapi.json'), JSON.stringify(body));
    await run(
      'npm install --no-audit --no-fund --prefer-offline --ignore-scripts openapi-typescript@7 openapi-fetch@0 @hey-api/openapi-ts@0 swagger-typescript-api@13 typescript@5',
    );
  }, 240_000);
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true });
  });

  it.each(Object.entries(clients))(
    'by %s compiles, and works',
    async (name, { make, use }) => {
      await mkdir(join(folder, name), { recursive: true });
      await run(make);
      await writeFile(join(folder, name, 'use.ts'), beginning(name.replaceAll('-', '_')) + use);
      await run(`npx tsc -p .`);
      const { stdout } = await run(`node dist/${name}/use.js ${service.origin}`);
      const [id, me, type] = JSON.parse(stdout) as string[];
      expect(me).toBe(id);
      expect(type).toBe('/problems/username-taken');
      await rm(join(folder, name), { recursive: true });
    },
    120_000,
  );
});
