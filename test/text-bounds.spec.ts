import { setTimeout as sleep } from 'node:timers/promises';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';
import { DataSource } from 'typeorm';
import { UserImportService } from '../src/admin/user-files/user-import.service.js';
import { UserRecordDto } from '../src/admin/user-files/user-record.dto.js';
import { Authenticator } from '../src/access/authenticator.js';
import { Role } from '../src/settings/role.js';
import { OneTimeTokens } from '../src/auth/one-time-tokens/one-time-tokens.js';
import { TokenPurpose } from '../src/auth/one-time-tokens/one-time-token.entity.js';
import { PasswordsService } from '../src/auth/passwords/passwords.service.js';
import { RegistrationService } from '../src/auth/registration/registration.service.js';
import { RefreshTokens } from '../src/auth/tokens/refresh-tokens.js';
import { PasswordSignInService } from '../src/auth/sign-in/password/password-sign-in.service.js';
import { InputPipe } from '../src/http/input/input.pipe.js';
import { InvalidInputError } from '../src/http/problem/problem.js';
import { SignInAttemptsService } from '../src/rate-limit/sign-in/sign-in-attempts.service.js';
import { UserDirectory } from '../src/users/directory/user-directory.js';
import { UsersService } from '../src/users/users.service.js';
import type { Operation, Schema } from './support/generated-requests.js';
import { TestService } from './support/test-service.js';

/** To normalize it takes time in the square of its length: 16 KiB 55 ms, 1 MiB more than a minute. */
const marks = (units: number) => `a${'\u0301\u0316'.repeat(units / 2)}`;
const MiB = 2 ** 20;
const HUGE = marks(MiB);
/** As much as a body takes. */
const LARGE = marks(7_000);
/** As much as a URL takes, in which each is six bytes. */
const IN_URL = encodeURIComponent(marks(2_000));

/** Milliseconds of the event loop that a refusal may take. */
const LIMIT = 50;

const client = { ip: null, userAgent: null, requestId: 'test' };
const password = 'Analytical1';

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

let service: TestService;
let document: Document;
let token: string;
beforeAll(async () => {
  service = await TestService.start();
  document = (await service.get<Document>('//openapi.json')).body;
  const users = service.app.get(UsersService, { strict: false });
  const passwordHash = await service.app.get(PasswordsService, { strict: false }).hash(password);
  await users.create({ username: 'root', email: 'root@example.com', passwordHash, role: Role.Admin });
  ({ access_token: token } = await service.signIn({ username: 'root', password }));
  // Some routes ask for two recent factors before they look at the input.
  await service.database.query(`UPDATE auth_sessions SET methods = '{pwd,otp}', second_factor_at = now()`);
});
afterAll(() => service.stop());

/**
 * Does something, and tells how long it kept the event loop busy: by the CPU time of its thread, which other processes do
 * not lengthen; the shortest of a few, as the first may compile, and any may collect garbage.
 */
async function measure<T>(work: () => T | Promise<T>): Promise<{ result: T; ms: number }> {
  const times: number[] = [];
  for (;;) {
    const start = process.threadCpuUsage();
    const result = await work();
    const { user, system } = process.threadCpuUsage(start);
    times.push((user + system) / 1000);
    const ms = Math.min(...times);
    if (times.length === 10 || ms < LIMIT) return { result, ms };
    // What else the machine does costs CPU as well: it makes caches cold. A fault would cost as much each time.
    await sleep(100);
  }
}

/** A field of a request, and how to send a value in it. */
interface Field {
  method: string;
  path: string;
  name: string;
  in: string;
  /** Of a body. */
  type?: string;
  body?(value: string): string;
  isText?: boolean;
}

/** All fields that requests have, from the document. */
function* fieldsOfRequests(): Generator<Field> {
  const resolve = ({ $ref, ...schema }: Schema): Schema =>
    $ref ? document.components.schemas[$ref.split('/').at(-1) as string] : schema;
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { requestBody, parameters = [] }] of Object.entries(operations)) {
      const known = path.replace(/\{\w+\}/g, '00000000-0000-7000-8000-000000000000');
      const route = { method: method.toUpperCase(), path: `/${known}` };
      for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
        const properties = Object.entries(resolve(schema).properties ?? {});
        for (const [name, { type: kind }] of properties) {
          const body = (value: string) =>
            type.includes('json')
              ? JSON.stringify({ [name]: value })
              : new URLSearchParams({ [name]: value }).toString();
          yield { ...route, name, in: 'body', type, body, isText: kind !== 'boolean' && kind !== 'object' };
        }
      }
      for (const parameter of parameters) {
        const { name } = parameter;
        if (parameter.in === 'query')
          yield { ...route, path: `/${known}?${name}=${IN_URL}`, name, in: 'query' };
        if (parameter.in === 'path')
          yield {
            ...route,
            path: `/${path.replace(`{${name}}`, encodeURIComponent(marks(60)))}`,
            name,
            in: 'path',
          };
      }
    }
  }
}

describe('text that is too long for its field', () => {
  it('is refused on all routes within 50 ms of event loop, field by field', async () => {
    const wrong: unknown[] = [];
    const seen = new Set<string>();
    for (const field of fieldsOfRequests()) {
      const { method, path, name, type } = field;
      const what = `${method} ${path.slice(0, 60)} ${field.in} ${name}`;
      const send = (value?: string) =>
        service.request(method, path, { token, body: value, headers: type ? { 'content-type': type } : {} });
      const check = async (status: number[], value?: string) => {
        const body = value && field.body?.(value);
        const { result, ms } = await measure(() => send(body));
        if (!status.includes(result.status) || ms > LIMIT) wrong.push({ what, status: result.status, ms });
        return result.body;
      };
      seen.add(`${field.in} ${name}`);
      if (!field.body) await check([422, 404], undefined);
      else {
        await check([413], HUGE);
        // A form writes each mark as six bytes, so as many as are too long for a token do not fit in.
        const inForm = name.endsWith('token') ? 'x'.repeat(5_000) : marks(2_400);
        const { errors = [] } = await check([422, 415], type?.includes('json') ? LARGE : inForm);
        const codes = errors
          .filter(({ loc }: { loc: string[] }) => loc[1] === name)
          .map(({ code }: any) => code);
        if (
          field.isText &&
          codes.join() !== (name.endsWith('password') ? 'password_too_long' : 'string_too_long')
        )
          wrong.push({ what, codes });
      }
    }
    expect(wrong).toEqual([]);
    expect([...seen]).toEqual(
      expect.arrayContaining([
        ...[
          'body username',
          'body email',
          'body password',
          'body full_name',
          'body token',
          'body refresh_token',
        ],
        ...[
          'body new_password',
          'body current_password',
          'body new_email',
          'query q',
          'query cursor',
          'path id',
        ],
      ]),
    );
  });

  it('is told of every field at once, beside all else that is wrong', async () => {
    const { status, body } = await service.post('/auth/register', {
      username: marks(2_000),
      password: marks(2_000),
      full_name: marks(2_000),
      other: 'x',
    });
    expect(status).toBe(422);
    const errors = body.errors.map(({ loc, code }: { loc: string[]; code: string }) => [loc.join('.'), code]);
    expect(Object.fromEntries(errors)).toEqual({
      'body.username': 'string_too_long',
      'body.password': 'password_too_long',
      'body.full_name': 'string_too_long',
      'body.email': 'missing',
      'body.other': 'extra_forbidden',
    });
  });

  it.each(['User-Agent', 'X-Request-Id', 'If-None-Match', 'Cookie', 'Origin', 'Accept-Language', 'Accept'])(
    'takes no time in the header field %s',
    async (name) => {
      const value = 'aA-'.repeat(4_000);
      for (const path of [
        '/api/v1/users/me',
        '/health/live',
        '/.well-known/revocations',
        '/account/account.js',
      ]) {
        const { result, ms } = await measure(() =>
          service.request('GET', `/${path}`, {
            token,
            headers: { [name]: name === 'Cookie' ? `a=${value}` : value },
          }),
        );
        expect(result.status).toBe(200);
        expect(ms).toBeLessThan(LIMIT);
      }
    },
  );
});

describe('text of 1 MiB', () => {
  /** All DTOs that the routes of the application check their input by. */
  function pipes(): [controller: string, InputPipe][] {
    const modules = [...service.app.get(ModulesContainer).values()];
    const found = new Map<unknown, [string, InputPipe]>();
    for (const { metatype } of modules.flatMap((module) => [...module.controllers.values()])) {
      if (!metatype) continue;
      for (const key of Object.getOwnPropertyNames(metatype.prototype)) {
        const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, metatype, key) ?? {}) as Record<
          string,
          { pipes?: unknown[] }
        >;
        for (const { pipes: bound = [] } of Object.values(args))
          for (const pipe of bound)
            if (pipe instanceof InputPipe) found.set(pipe, [`${metatype.name}.${key}`, pipe]);
      }
    }
    return [...found.values()];
  }

  it('is refused by the pipe, in every field of every DTO', async () => {
    const wrong: unknown[] = [];
    const all: [string, InputPipe][] = [...pipes(), ['import', new InputPipe(UserRecordDto)]];
    expect(all.length).toBeGreaterThan(15);
    for (const [where, pipe] of all) {
      const { dto } = pipe as unknown as { dto: new () => object };
      const metadata = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false);
      const names = new Set(metadata.map(({ propertyName }) => propertyName));
      expect([where, names.size]).not.toEqual([where, 0]);
      for (const name of [...names, 'unknown'])
        for (const value of [HUGE, [HUGE], { inner: HUGE }]) {
          const { result, ms } = await measure(() =>
            pipe.transform({ [name]: value }, { type: 'body' }).then(
              () => undefined,
              (error: unknown) => error,
            ),
          );
          const isNamed =
            result instanceof InvalidInputError &&
            result.errors?.some(({ loc, code }) => loc[1] === name && code.endsWith('_too_long'));
          if (!isNamed || ms > LIMIT) wrong.push({ where, name, ms, result });
        }
    }
    expect(wrong).toEqual([]);
  });

  const get = <T>(type: abstract new (...args: any[]) => T) => service.app.get(type, { strict: false });
  const inTransaction = <T>(work: (tx: DataSource['manager']) => Promise<T>) =>
    get(DataSource).transaction(work);
  const anyone = { username: 'someone', email: 'someone@example.com', passwordHash: null };
  const id = '00000000-0000-7000-8000-000000000000';

  it.each<[string, (text: string) => unknown]>([
    ['UsersService.findByLogin', (text) => get(UsersService).findByLogin(text)],
    ['UsersService.findByLogin, an address', (text) => get(UsersService).findByLogin(`${text}@example.com`)],
    ['UsersService.lockByEmail', (text) => inTransaction((tx) => get(UsersService).lockByEmail(text, tx))],
    ['UsersService.create, username', (text) => get(UsersService).create({ ...anyone, username: text })],
    [
      'UsersService.create, email',
      (text) => get(UsersService).create({ ...anyone, email: `${text}@example.com` }),
    ],
    ['UsersService.create, fullName', (text) => get(UsersService).create({ ...anyone, fullName: text })],
    ['UsersService.update, username', (text) => get(UsersService).update(id, { username: text })],
    ['UsersService.update, fullName', (text) => get(UsersService).update(id, { fullName: text })],
    [
      'UsersService.changeEmail',
      (text) => inTransaction((tx) => get(UsersService).changeEmail(id, text, tx)),
    ],
    ['PasswordsService.assertAcceptable', (text) => get(PasswordsService).assertAcceptable(text, {})],
    [
      'PasswordsService.assertAcceptable, names',
      (text) => get(PasswordsService).assertAcceptable(password, { username: text, email: text }),
    ],
    ['PasswordsService.hash', (text) => get(PasswordsService).hash(text)],
    ['PasswordsService.verify', (text) => get(PasswordsService).verify(text, null)],
    [
      'PasswordsService.verify, a stored hash',
      async (text) => get(PasswordsService).verify(text, await get(PasswordsService).hash(password)),
    ],
    ['PasswordSignInService.signIn', (text) => get(PasswordSignInService).signIn(text, text, client)],
    [
      'RegistrationService.register',
      (text) => get(RegistrationService).register({ ...anyone, password: text }, client),
    ],
    [
      'RegistrationService.register, names',
      (text) =>
        get(RegistrationService).register({ username: text, email: text, fullName: text, password }, client),
    ],
    [
      'SignInAttemptsService.check',
      (text) => get(SignInAttemptsService).check({ login: text, client }, async () => ({ matches: false })),
    ],
    ['OneTimeTokens.ownerOf', (text) => get(OneTimeTokens).ownerOf(text, TokenPurpose.ResetPassword)],
    ['RefreshTokens.read', (text) => get(RefreshTokens).read(text)],
    ['Authenticator.authenticate', (text) => get(Authenticator).authenticate(`${text}.${text}.${text}`)],
    ['UserDirectory.list', (text) => get(UserDirectory).list({ q: text }, '-created_at', { limit: 1 })],
    [
      'UserDirectory.list, cursor',
      (text) => get(UserDirectory).list({}, '-created_at', { limit: 1, cursor: text }),
    ],
    [
      'UserImportService.import',
      (text) =>
        get(UserImportService).import(
          (async function* () {
            yield { line: 1, fields: { username: text, email: text, full_name: text, password_hash: text } };
          })(),
          { onRefusal: () => undefined },
        ),
    ],
  ])('is no work for %s', async (_, work) => {
    const { result, ms } = await measure(() =>
      Promise.resolve(work(HUGE)).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(ms).toBeLessThan(LIMIT);
    // Whatever it says, it is no error that nobody foresaw, such as one of the database.
    expect(String((result as Error | undefined)?.constructor.name)).not.toMatch(/QueryFailedError|TypeError/);
  });
});
