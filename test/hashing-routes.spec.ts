import { hashQueue } from '../src/auth/passwords/hashing/hash-queue.js';
import { UsersService } from '../src/users/users.service.js';
import type { Operation, Schema } from './support/generated-requests.js';
import { mailTo, tokenIn } from './support/mail.js';
import { ada, TestService } from './support/test-service.js';

let service: TestService;
let admin: string;
let hashes = 0;
const run = hashQueue.run.bind(hashQueue);
beforeAll(async () => {
  hashQueue.run = (hash) => {
    hashes++;
    return run(hash);
  };
  service = await TestService.start({
    ...{ rateLimit: true, docs: true, trustedProxies: ['127.0.0.1'] },
    // By default 300 an hour, which takes half a minute to use up.
    auth: { rateLimits: { 'create-user': { limit: 20, window: 3600 } } },
  });
  const chief = await signUp('chief');
  await service.app.get(UsersService, { strict: false }).update(chief.id, { role: 'admin' });
  admin = chief.access_token;
});
afterAll(async () => {
  hashQueue.run = run;
  await service.stop();
});

let addresses = 0;
/** An IP address that nobody had before. */
const newAddress = () => `198.${18 + (++addresses >> 16)}.${(addresses >> 8) % 256}.${addresses % 256}`;

async function send(route: string, body: unknown, token?: string, ip = newAddress()) {
  const [method, path] = route.split(' ');
  const before = hashes;
  const headers = { 'x-forwarded-for': ip };
  const { status, body: answer } = await service.request(method, path, { body, token, headers });
  return { status, answer, hashed: hashes - before };
}

async function signUp(username: string): Promise<{ id: string; access_token: string }> {
  const person = { username, email: `${username}@example.com`, password: ada.password };
  const { answer } = await send('POST /auth/register', person);
  const signedIn = await send('POST /auth/login', { username, password: ada.password });
  return { id: answer.id, access_token: signedIn.answer.access_token };
}

let turns = 0;
/** What a route takes. Passwords that are asked for are wrong; names that must be new are. */
function bodyOf(fields: string[], known: Record<string, string>): Record<string, unknown> {
  const turn = ++turns;
  const values: Record<string, string> = {
    ...{ username: `new${turn}`, email: `new${turn}@example.com`, new_email: `other${turn}@example.com` },
    ...{ password: ada.password, current_password: 'wrong', new_password: 'Nanosecond30cm' },
    ...known,
  };
  return Object.fromEntries(fields.filter((name) => name in values).map((name) => [name, values[name]]));
}

interface Route {
  name: string;
  fields: string[];
}

async function routesWithBodies(): Promise<Route[]> {
  const { body } = await service.get<{
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, Schema> };
  }>('//openapi.json');
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody }]) => {
      const schema = requestBody?.content['application/json']?.schema;
      if (!schema || !path.startsWith('/api/v1/')) return [];
      const { properties = {} } = schema.$ref
        ? body.components.schemas[schema.$ref.split('/').at(-1)!]
        : schema;
      const name = `${method.toUpperCase()} ${path.slice('/api/v1'.length).replace('{id}', 'x')}`;
      return [{ name, fields: Object.keys(properties) }];
    }),
  );
}

/** Finds out by trying which routes hash, for nobody, for a user or for an admin. */
async function hashingRoutes(): Promise<(Route & { by: 'nobody' | 'user' | 'admin' })[]> {
  await signUp('forgetful');
  await send('POST /auth/password/forgot', { email: 'forgetful@example.com' });
  const [mail] = (await mailTo(service, 'forgetful@example.com', 2)).filter(({ text }) => /reset/.test(text));
  const reset = { token: tokenIn(mail) };
  const user = await signUp('tester');
  const found: (Route & { by: 'nobody' | 'user' | 'admin' })[] = [];
  for (const route of await routesWithBodies())
    for (const [by, token] of [
      ['nobody', undefined],
      ['user', user.access_token],
      ['admin', admin],
    ] as const) {
      const known = route.name.endsWith('/reset') ? reset : { token: 'x', refresh_token: 'x' };
      const { hashed } = await send(route.name, bodyOf(route.fields, known), token);
      if (hashed > 0) {
        found.push({ ...route, by });
        break;
      }
    }
  return found;
}

it('each route that hashes passwords has a budget by IP address and, if there is one, by account', async () => {
  const found = await hashingRoutes();
  const names = found.map(({ name }) => name);
  // Those that were known when this was written: the search itself finds them.
  expect(names).toEqual(
    expect.arrayContaining([
      ...['POST /auth/login', 'POST /auth/register', 'POST /auth/password/reset', 'POST /admin/users'],
      ...['POST /users/me/password', 'POST /users/me/email', 'DELETE /users/me'],
    ]),
  );

  const unbounded: string[] = [];
  for (const { name, fields, by } of found)
    for (const from of ['one address', 'one account'] as const) {
      const isNameless = by === 'nobody' && name !== 'POST /auth/login';
      if (from === 'one account' && isNameless) continue;
      const token =
        by === 'nobody' ? undefined : by === 'admin' ? admin : (await signUp(`flood${++turns}`)).access_token;
      const ip = newAddress();
      const known: Record<string, string> =
        name === 'POST /auth/login' && from === 'one account' ? { username: 'nobody' } : {};
      const flood = () =>
        send(
          name,
          bodyOf(fields, { token: 'x', ...known }),
          token,
          from === 'one address' ? ip : newAddress(),
        );
      let answer = await flood();
      for (let i = 0; i < 300 && answer.status !== 429; i++) answer = await flood();
      const after = await flood();
      if (answer.status !== 429 || answer.hashed > 0 || after.hashed > 0)
        unbounded.push(`${name} from ${from}`);
    }
  expect(unbounded).toEqual([]);
}, 180_000);
