import { once } from 'node:events';
import { Controller, Get, Module, Post, UseFilters } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket } from 'ws';
import {
  Authenticated,
  CurrentUser,
  type Principal,
  ProblemFilter,
  Public,
  RecentSignIn,
  Role,
  Roles,
  Scopes,
  type Socket,
  Sockets,
  SocketsModule,
} from '../src/index.js';
import { asService, asUser } from '../src/testing/index.js';
import { eventually } from './support/eventually.js';
import { GuestHost } from './support/guest-host.js';
import { HostPublic } from './support/guest-host.rules.js';

@Controller('reports')
class ReportsController {
  @Get()
  @HostPublic()
  @Scopes('report:read')
  list(@CurrentUser() { username, sessionId, apiKeyId, scopes, email }: Principal) {
    return { username, email, isSession: sessionId !== null, isKey: apiKeyId !== null, scopes };
  }

  @Get('salaries')
  @HostPublic()
  @Roles('admin')
  @Scopes('report:read')
  salaries() {
    return 'salaries';
  }

  /** A recent sign-in was asked for when the key was created. */
  @Post()
  @HostPublic()
  @RecentSignIn()
  @Scopes('report:read', 'report:write')
  write() {
    return 'written';
  }

  @Get('closed')
  @HostPublic()
  @Authenticated()
  closed() {
    return 'closed';
  }
}

/** All of it is open to keys, except what says otherwise. */
@Controller('archive')
@Scopes('report:read')
class ArchiveController {
  @Get()
  @HostPublic()
  list() {
    return 'archive';
  }

  @Get('secret')
  @HostPublic()
  @Scopes('report:write')
  secret() {
    return 'secret';
  }
}

@Resolver()
class ReportsResolver {
  @Query(() => String)
  @HostPublic()
  @Scopes('report:read')
  report(@CurrentUser() { username }: Principal) {
    return username;
  }

  @Query(() => String)
  @HostPublic()
  @Authenticated()
  closed() {
    return 'closed';
  }
}

@WebSocketGateway({ path: '/reports-live' })
@UseFilters(ProblemFilter)
@Authenticated()
class ReportsGateway {
  constructor(private readonly sockets: Sockets) {}

  @SubscribeMessage('sign-in')
  @HostPublic()
  @Public()
  async signIn(@ConnectedSocket() socket: Socket, @MessageBody() token: string) {
    const holder = await this.sockets.signIn(socket, token, { scopes: ['report:read'] });
    return { event: 'signed-in', data: holder?.userId ?? null };
  }

  @SubscribeMessage('report')
  @HostPublic()
  @Scopes('report:read')
  report(@CurrentUser() { username }: Principal) {
    return { event: 'report', data: username };
  }

  @SubscribeMessage('closed')
  @HostPublic()
  closed() {
    return { event: 'closed', data: null };
  }
}

@Module({
  imports: [
    SocketsModule,
    GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, autoSchemaFile: true }),
  ],
  controllers: [ReportsController, ArchiveController],
  providers: [ReportsResolver, ReportsGateway],
})
class ReportsModule {}

describe("API keys on a host's own routes, resolvers and gateways", () => {
  let host: GuestHost;
  const service = (role?: Role, scopes?: string[]) => asService(host.app, role, scopes && { scopes });
  const ask = async (route: string, token?: string) => {
    const { status, body, headers } = await host.ask(route, { token });
    return { status, data: body.data ?? body, headers };
  };

  beforeAll(async () => {
    host = await GuestHost.start('fastify', {
      imports: [ReportsModule],
      auth: {
        secretKey: 'a secret key that the host has configured',
        apiKeys: { scopes: ['report:read', 'report:write'] },
      },
      sockets: (app) => new WsAdapter(app),
    });
  });
  afterAll(() => host.stop());

  it('open a route that names scopes, and tell it who calls', async () => {
    const { apiKey, username } = await service(Role.User, ['report:read']);
    expect((await ask('GET /reports', apiKey)).data).toEqual({
      ...{ username, email: null, isSession: false, isKey: true, scopes: ['report:read'] },
    });
    const person = await asUser(host.app);
    expect((await ask('GET /reports', person.accessToken)).data).toMatchObject({
      ...{ username: person.username, isSession: true, isKey: false, scopes: null },
    });
    expect((await ask('GET /archive', apiKey)).status).toBe(200);
    expect((await ask('GET /reports')).status).toBe(401);
  });

  it('open no other route', async () => {
    const { apiKey } = await service();
    for (const route of ['GET /reports/closed', 'GET /notes/count', 'GET /notes/greeting'])
      expect([route, (await ask(route, apiKey)).status]).toEqual([route, 403]);
  });

  it('need all scopes of a route, those of the handler before those of its class', async () => {
    const [reader, both] = [await service(Role.User, ['report:read']), await service(Role.User)];
    for (const [route, scope] of [
      ['POST /reports', 'report:read report:write'],
      ['GET /archive/secret', 'report:write'],
    ]) {
      const refused = await ask(route, reader.apiKey);
      expect(refused.status).toBe(403);
      expect(refused.headers.get('www-authenticate')).toBe(
        `Bearer error="insufficient_scope", scope="${scope}"`,
      );
      expect((await ask(route, both.apiKey)).status).toBeLessThan(300);
    }
  });

  it('have at most the role of their account', async () => {
    expect((await ask('GET /reports/salaries', (await service(Role.User)).apiKey)).status).toBe(403);
    expect((await ask('GET /reports/salaries', (await service(Role.Admin)).apiKey)).status).toBe(200);
  });

  it('open a GraphQL resolver that names scopes, and no other', async () => {
    const { apiKey, username } = await service(Role.User, ['report:read']);
    const query = async (text: string) => {
      const { body } = await host.ask('POST //graphql', { body: { query: text }, token: apiKey });
      return (body.errors?.[0].message as string | undefined) ?? body.data;
    };
    expect(await query('{ report }')).toEqual({ report: username });
    expect(await query('{ closed }')).toBe('This operation does not accept API keys');
  });

  it('open a message of a gateway that names scopes, and no other', async () => {
    const { apiKey, username, id } = await service(Role.User, ['report:read']);
    const connect = async () => {
      const socket = new WebSocket(`${host.origin.replace('http', 'ws')}/reports-live`);
      const told: { event: string; data: any }[] = [];
      socket.on('message', (data) => told.push(JSON.parse((data as Buffer).toString())));
      await once(socket, 'open');
      return { socket, told };
    };
    const { socket, told } = await connect();
    const say = async (event: string, data?: unknown) => {
      const before = told.length;
      socket.send(JSON.stringify({ event, data }));
      await eventually(() => Promise.resolve(expect(told.length).toBeGreaterThan(before)));
      return told[before];
    };
    expect(await say('sign-in', apiKey)).toEqual({ event: 'signed-in', data: id });
    expect(await say('report')).toEqual({ event: 'report', data: username });
    expect((await say('closed')).data).toMatchObject({
      ...{ type: '/problems/api-key-not-accepted', status: 403 },
    });
    socket.terminate();

    const writer = await service(Role.User, ['report:write']);
    const other = await connect();
    other.socket.send(JSON.stringify({ event: 'sign-in', data: writer.apiKey }));
    expect((await once(other.socket, 'close'))[0]).toBe(4401);
  });
});
