import { ClientRecipes } from '../support/client-recipes.js';
import { ada, TestService } from '../support/test-service.js';

/** A client that is signed in, and a network that refuses its first token once. */
const beginning = `
import { AstraClient, memoryStorage, signIn } from 'nestjs-astra/client';

const [origin] = process.argv.slice(2);
const sent = [];
let refused;
const send = (request) => {
  const token = request.headers.get('Authorization');
  sent.push(new URL(request.url).pathname.replace('/api/v1', '') + (token ? ' with token' : ''));
  refused ??= token;
  return token !== null && token === refused ? new Response('{}', { status: 401 }) : fetch(request);
};
const client = new AstraClient({ url: origin + '/api/v1', storage: memoryStorage(), fetch: send });
await signIn(client, ${JSON.stringify({ username: ada.username, password: ada.password })});
`;

/** What is sent if the first token is refused. */
const expected = ['/auth/login', '/users/me with token', '/auth/refresh', '/users/me with token'];

let recipes: ClientRecipes;
let service: TestService;

beforeAll(async () => {
  recipes = await ClientRecipes.write();
  service = await TestService.start();
  await service.signUp();
});
afterAll(async () => {
  await service.stop();
  await recipes.remove();
});

const run = async (code: string) =>
  JSON.parse(await recipes.run(beginning + code, service.origin)) as unknown;

describe('The recipes of docs/client.md', () => {
  it('compile, with the types of a browser', () => {
    expect(recipes.errors()).toEqual([]);
  });

  it('give axios the token, and another one if it is refused', async () => {
    const answer = await run(`
      import { httpOf } from './http.js';
      const { data } = await httpOf(client, origin + '/api/v1').get('/users/me');
      console.log(JSON.stringify([data.username, sent]));`);
    expect(answer).toEqual(['ada', expected]);
  });

  it('give Angular the token for its own origin, and another one if it is refused', async () => {
    const answer = await run(`
      import '@angular/compiler';
      import { HttpRequest, HttpErrorResponse } from '@angular/common/http';
      import { Injector, runInInjectionContext } from '@angular/core';
      import { firstValueFrom, from } from 'rxjs';
      import { ASTRA, astraInterceptor } from './astra.js';

      globalThis.location = new URL(origin);
      const backend = (request) => from((async () => {
        const headers = request.headers.keys().map((name) => [name, request.headers.get(name)]);
        const response = await send(new Request(new URL(request.url, origin), { headers }));
        if (!response.ok) throw new HttpErrorResponse({ status: response.status });
        return response.json();
      })());
      const injector = Injector.create({ providers: [{ provide: ASTRA, useValue: client }] });
      const ask = (url) =>
        runInInjectionContext(injector, () =>
          firstValueFrom(astraInterceptor(new HttpRequest('GET', url), backend)).catch((error) => error));
      const { username } = await ask('/api/v1/users/me');
      const own = [...sent];
      await ask('http://127.0.0.1:9/elsewhere');
      console.log(JSON.stringify([username, own, sent.at(-1)]));`);
    expect(answer).toEqual(['ada', expected, '/elsewhere']);
  });
});
