import {
  type DynamicModule,
  type INestApplication,
  Injectable,
  Module,
  type Type,
  ValidationPipe,
  VersioningType,
  type WebSocketAdapter,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, NestFactory, Reflector } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { astraEntities, astraMigrations, AstraModule, type AstraOptions } from '../../src/index.js';
import { hostRoles, invoiceMigrations, InvoicesModule } from './guest-host.invoices.js';
import { hostEntities, hostMigrations, NotesModule } from './guest-host.notes.js';
import { profileEntities, profileMigrations, ProfilesModule } from './guest-host.profiles.js';
import {
  HOST_SECRET,
  HOST_VALIDATION,
  HostAuthModule,
  LateHostAuthModule,
  HostFilter,
  HostGuard,
  HostInterceptor,
} from './guest-host.rules.js';
import { TestDatabase } from './test-database.js';
import type { Answer, Tokens } from './test-service.js';

/** Options of the host. */
export interface HostOptions {
  /** Default: those of the host's configuration service. */
  auth?: AstraOptions;
  /** Whether the host's own strategy is registered before ours. Default `true`. */
  hostFirst?: boolean;
  /** Whether the host's guard leaves Astra's routes to Astra. Default `true`. */
  sparesAstra?: boolean;
  /** Where the host mounts Astra, by its option `path`. Default: at its own root. */
  mount?: string;
  /** More of the host than it has everywhere. */
  imports?: Type[];
  /** How its gateways speak. Default: Socket.IO, as Nest has it. */
  sockets?: (app: INestApplication) => WebSocketAdapter;
  /** What is done to a new database first. */
  prepare?: (database: TestDatabase) => Promise<unknown>;
  /** A host that is another one altogether. */
  instead?: (database: TestDatabase) => DynamicModule;
  /** Share the database of another host. */
  on?: TestDatabase;
}

/** Stand-in for the configuration service of a host. */
@Injectable()
class HostConfig {
  readonly auth: AstraOptions = {
    secretKey: 'a secret key that the host has configured',
    accessTokenTtl: 120,
    roles: hostRoles,
    // As one that asks another service would.
    passwordRule: async (password, { username }) =>
      password.includes('Hosting') && username !== 'hostess'
        ? [{ code: 'password_names_host', msg: 'A password does not name this house.' }]
        : [],
  };
}

@Module({ providers: [HostConfig], exports: [HostConfig] })
class HostConfigModule {}

@Module({})
class HostModule {
  static with(
    { connection }: TestDatabase,
    { auth, hostFirst = true, sparesAstra = true, mount = '', imports = [] }: HostOptions,
  ): DynamicModule {
    const astra = auth
      ? AstraModule.forRoot({ path: mount, ...auth })
      : AstraModule.forRootAsync({
          path: mount,
          features: { roleDemo: true },
          imports: [HostConfigModule],
          inject: [HostConfig],
          useFactory: (config: HostConfig) => config.auth,
        });
    return {
      module: HostModule,
      imports: [
        ...(hostFirst ? [HostAuthModule, astra] : [astra, LateHostAuthModule]),
        TypeOrmModule.forRoot({
          type: 'postgres',
          ...connection,
          entities: [...hostEntities, ...profileEntities, ...astraEntities],
          migrations: [...hostMigrations, ...profileMigrations, ...invoiceMigrations, ...astraMigrations],
          migrationsRun: true,
          installExtensions: false,
          retryAttempts: 0,
        }),
        InvoicesModule,
        NotesModule,
        ProfilesModule,
        ...imports,
      ],
      providers: [
        {
          provide: APP_GUARD,
          inject: [Reflector],
          useFactory: (reflector: Reflector) => new HostGuard(reflector, sparesAstra),
        },
        { provide: APP_PIPE, useValue: new ValidationPipe(HOST_VALIDATION) },
        { provide: APP_INTERCEPTOR, useClass: HostInterceptor },
        { provide: APP_FILTER, useClass: HostFilter },
      ],
    };
  }
}

export type Platform = 'fastify' | 'express';

export const HOST_ORIGIN = 'https://host.example';
const KiB = 1024;

/** Foreign application on a real port with its own database, tested over HTTP. */
export class GuestHost {
  private constructor(
    readonly app: INestApplication,
    readonly database: TestDatabase,
    private readonly ownsDatabase: boolean,
    readonly origin: string,
  ) {}

  static async start(platform: Platform, options: HostOptions = {}): Promise<GuestHost> {
    const database = options.on ?? (await TestDatabase.create('template0'));
    try {
      await options.prepare?.(database);
      const module = options.instead?.(database) ?? HostModule.with(database, options);
      const app = await createHost(platform, module);
      if (options.sockets) app.useWebSocketAdapter(options.sockets(app));
      await app.listen(0, '127.0.0.1');
      return new GuestHost(app, database, !options.on, await app.getUrl());
    } catch (error) {
      if (!options.on) await database.drop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.app.close();
    if (this.ownsDatabase) await this.database.drop();
  }

  get<T>(type: Type<T>): T {
    return this.app.get(type, { strict: false });
  }

  /** @param route - Method and path, below the prefix and the version; or at the root, if the path begins with `//`. */
  async ask<T = any>(
    route: string,
    { token, body, headers }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const [method, path] = route.split(' ');
    const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof URLSearchParams);
    const response = await fetch(
      this.origin + (path.startsWith('//') ? path.slice(1) : `/backend/v2${path}`),
      {
        method,
        body: isJson ? JSON.stringify(body) : (body as string | undefined),
        headers: {
          ...(isJson && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        signal: AbortSignal.timeout(10_000),
      },
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (/json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text) as T,
    };
  }

  /** Registers and signs in a user. */
  async signUp(username: string): Promise<Tokens> {
    const password = 'Analytical1';
    const account = { username, email: `${username}@example.com`, password };
    const registered = await this.ask('POST /auth/register', { body: account });
    if (registered.status !== 201) throw new Error(JSON.stringify(registered.body));
    return (await this.ask<Tokens>('POST /auth/login', { body: { username, password } })).body;
  }

  /** A token of the host's own. */
  hostToken(sub = 'somebody of the host'): string {
    return new JwtService({ secret: HOST_SECRET }).sign({ sub });
  }
}

async function createHost(platform: Platform, module: object): Promise<INestApplication> {
  const options = { logger: false, abortOnError: false } as const;
  let app: INestApplication;
  if (platform === 'fastify') {
    app = await NestFactory.create(module, new FastifyAdapter({ bodyLimit: 4 * KiB }), options);
  } else {
    const express = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), {
      ...options,
      bodyParser: false,
    });
    express.useBodyParser('json', { limit: 4 * KiB });
    express.useBodyParser('urlencoded', { extended: false });
    app = express;
  }
  app.setGlobalPrefix('backend');
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
  app.enableCors({ origin: HOST_ORIGIN });
  app.use((_: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
    response.setHeader('Content-Security-Policy', "default-src 'self'");
    response.setHeader('X-Host', 'yes');
    next();
  });
  return app;
}
