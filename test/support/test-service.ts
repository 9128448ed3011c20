import type { INestApplication } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ServiceSettings } from '../../src/service/app/app.module.js';
import { createApp } from '../../src/service/app/app.setup.js';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { readEnvironment } from '../../src/env.js';
import { ServiceLogger } from '../../src/logs/service-logger.js';
import type { TokenDto } from '../../src/auth/refresh/token.dto.js';
import { createHostOf, hostKind } from './contract-host.js';
import { type Connection, TestDatabase } from './test-database.js';
import { suitsClient, throughClient } from './through-client.js';

export const SECRET_KEY = 'a secret key for tests, of enough bytes';

/** Response: status, header fields and body (parsed, if it is JSON). */
export interface Answer<T = any> {
  status: number;
  headers: Headers;
  body: T;
}

/** Starts the host on an empty database, where it runs its migrations. */
async function migrateHost(empty: TestDatabase): Promise<void> {
  const { app } = await createHostOf(empty, { secretKey: SECRET_KEY });
  await app.init();
  await app.close();
}

/** A TokenDto as it arrives: a plain object. */
export type Tokens = Pick<TokenDto, keyof TokenDto>;

/** Options of a test's service; whatever is left out is as in production, but for the rate limits. */
export type TestServiceOptions = Partial<Omit<ServiceSettings, 'auth'>> & {
  auth?: Partial<ServiceSettings['auth']>;
  /** Share the database of another instance. */
  on?: TestDatabase;
  /** Reach the database through another address, such as a proxy that can be cut, or as another role. */
  via?: Partial<Connection>;
  /** Refuse requests while the process is late. Default: no, for tests share few cores, and are late often. */
  shedsLoad?: boolean;
  /** Is given each line of the log. Default: errors are shown, readable. */
  print?: (line: string) => void;
};

/**
 * Stand-alone service on a real port with its own database, tested over HTTP. With `npm run test:hosts` it is one of
 * the example hosts instead, in which all specs about routes must pass as well.
 */
export class TestService {
  private constructor(
    readonly app: INestApplication,
    readonly database: TestDatabase,
    /** Without a slash at the end. */
    readonly origin: string,
    /** What the paths of the routes begin with: `/api/v1`, where Astra is no guest. */
    readonly prefix: string,
    private readonly ownsDatabase: boolean,
  ) {}

  static start(options: TestServiceOptions = {}): Promise<TestService> {
    return hostKind ? TestService.startHost(options) : TestService.startService(options);
  }

  private static async startHost({
    on,
    auth,
    mail,
    signInMethods,
    passwordless,
    webhooks,
  }: TestServiceOptions): Promise<TestService> {
    // Its history of migrations is its own.
    const database = on ?? (await TestDatabase.copyOf(hostKind!, migrateHost));
    const features = {
      ...(signInMethods && {
        passkeys: signInMethods.includes('passkey'),
        emailCode: signInMethods.includes('email-code'),
      }),
      ...(passwordless && { passwordless }),
      ...(webhooks && { webhooks }),
    };
    const options = { secretKey: SECRET_KEY, rateLimits: false, ...auth, features } as const;
    try {
      const { app, prefix } = await createHostOf(database, options, mail);
      await app.listen(0, '127.0.0.1');
      return new TestService(app, database, await app.getUrl(), prefix, !on);
    } catch (error) {
      if (!on) await database.drop();
      throw error;
    }
  }

  private static async startService({
    on,
    via,
    auth,
    print,
    shedsLoad = false,
    ...settings
  }: TestServiceOptions): Promise<TestService> {
    const database = on ?? (await TestDatabase.create());
    // One client asks for everything here; the spec of the limits turns them on again.
    const env = readEnvironment({ SECRET_KEY, RATE_LIMIT: 'off', LOG_LEVEL: print ? 'info' : 'error' });
    const db = new DataSource({
      ...dataSourceOptions({ ...database.serviceConnection, ...via }),
      // A machine that tests share stalls for seconds; a request of a user would not wait that long.
      ...(!via && { connectTimeoutMS: 30_000 }),
    });
    try {
      await db.initialize();
      const app = await createApp(
        { ...env, ...settings, auth: { ...env.auth, secretKey: SECRET_KEY, ...auth } },
        db,
        new ServiceLogger({ ...env, ...settings, production: print !== undefined }, print),
        { shedsLoad },
      );
      await app.listen(0, '127.0.0.1');
      return new TestService(app, database, await app.getUrl(), '/api/v1', !on);
    } catch (error) {
      // Jest would wait for the connections of a service that did not start.
      if (db.isInitialized) await db.destroy();
      if (!on) await database.drop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.app.close();
    if (this.ownsDatabase) await this.database.drop();
  }

  get<T = any>(path: string, token?: string): Promise<Answer<T>> {
    return this.request<T>('GET', path, { token });
  }

  post<T = any>(path: string, body?: unknown, token?: string): Promise<Answer<T>> {
    return this.request<T>('POST', path, { body, token });
  }

  patch<T = any>(path: string, body: unknown, token?: string): Promise<Answer<T>> {
    return this.request<T>('PATCH', path, { body, token });
  }

  delete<T = any>(path: string, token?: string, body?: unknown): Promise<Answer<T>> {
    return this.request<T>('DELETE', path, { body, token });
  }

  /** @param path - Below the {@link prefix}; or at the root, if it begins with `//`. */
  async request<T = any>(
    method: string,
    path: string,
    options: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const response = await (suitsClient(path, options)
      ? throughClient(this.origin + this.prefix, method, path, options)
      : this.send(method, path, options));
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson && text ? JSON.parse(text) : text) as T,
    };
  }

  private send(
    method: string,
    path: string,
    { body, token, headers = {} }: { body?: unknown; token?: string; headers?: Record<string, string> },
  ): Promise<Response> {
    return fetch(this.origin + (path.startsWith('//') ? path.slice(1) : this.prefix + path), {
      method,
      redirect: 'manual',
      headers: {
        ...(body !== undefined &&
          !(body instanceof URLSearchParams) && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body:
        body === undefined || typeof body === 'string' || body instanceof URLSearchParams
          ? body
          : JSON.stringify(body),
    });
  }

  /** Registers and signs in a user. */
  async signUp(person: Partial<typeof ada> = {}): Promise<Tokens & { id: string }> {
    const { username, email, password } = { ...ada, ...person };
    const registered = await this.post<{ id: string }>('/auth/register', { username, email, password });
    if (registered.status !== 201) throw new Error(JSON.stringify(registered.body));
    return { id: registered.body.id, ...(await this.signIn({ username, password })) };
  }

  async signIn({ username, password }: { username: string; password: string } = ada): Promise<Tokens> {
    const { status, body } = await this.post<Tokens>('/auth/login', { username, password });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body;
  }
}

export const ada = { username: 'ada', email: 'ada@example.com', password: 'Analytical1' };

/** Another person with the same password, by the username. */
export const person = (username: string): typeof ada => ({
  ...ada,
  username,
  email: `${username}@example.com`,
});
