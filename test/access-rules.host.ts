import { on, once } from 'node:events';
import { Controller, Get, Inject, Module, type Type, UseFilters } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer, Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { TypeOrmModule } from '@nestjs/typeorm';
import { WebSocket } from 'ws';
import { handlerRequestOf } from '../src/access/guards/handler-request.js';
import { JwtGuard } from '../src/access/guards/jwt.guard.js';
import { PRINCIPAL } from '../src/access/principal.js';
import {
  astraEntities,
  astraMigrations,
  Authenticated,
  AstraModule,
  bearerToken,
  isAstraRoute,
  NotAuthenticatedError,
  Permissions,
  ProblemFilter,
  Public,
  Roles,
  type Socket,
  Sockets,
  SocketsModule,
} from '../src/index.js';
import { asUser } from '../src/testing/as-user.js';
import { GuestHost } from './support/guest-host.js';

/** What may stand on a class, and on a handler. */
const rules = {
  nothing: [],
  open: [Public()],
  closed: [Authenticated()],
  optional: [Authenticated({ optional: true })],
  editors: [Roles('moderator')],
  writers: [Permissions('invoice:write')],
  signedInEditors: [Authenticated(), Roles('moderator')],
} satisfies Record<string, (ClassDecorator & MethodDecorator)[]>;

type Rule = keyof typeof rules;
const names = Object.keys(rules) as Rule[];

/** The administrator is the one who may write. */
type Caller = 'nobody' | 'user' | 'moderator' | 'admin';
const callers: Caller[] = ['nobody', 'user', 'moderator', 'admin'];

/** Whether a caller may: what stands on the handler decides before what stands on its class. */
function may(caller: Caller, ofClass: Rule, ofHandler: Rule): boolean {
  const deciding = ofHandler === 'nothing' ? ofClass : ofHandler;
  if (deciding === 'nothing' || deciding === 'open') return true;
  if (caller === 'nobody')
    return deciding === 'optional' && !['editors', 'writers', 'signedInEditors'].includes(ofClass);
  const both = [ofClass, ofHandler];
  if (both.some((rule) => rule === 'editors' || rule === 'signedInEditors') && caller !== 'moderator')
    return false;
  return !both.includes('writers') || caller === 'admin';
}

/** A class with a handler for each rule, as if it were written. */
function classWith(
  ofClass: Rule,
  handle: (ofHandler: Rule) => MethodDecorator,
  kind: ClassDecorator,
  answer: (ofHandler: Rule) => unknown = () => 'in',
): Type {
  class Handlers {
    @Inject(Sockets) private readonly sockets: Sockets;

    async handleConnection(socket: Socket, request: { headers: { authorization?: string } }) {
      const token = bearerToken(request);
      if (token) await this.sockets.signIn(socket, token);
    }
  }
  for (const ofHandler of names) {
    Object.defineProperty(Handlers.prototype, ofHandler, {
      value: () => answer(ofHandler),
      configurable: true,
      writable: true,
    });
    const descriptor = Object.getOwnPropertyDescriptor(Handlers.prototype, ofHandler)!;
    for (const decorate of [handle(ofHandler), ...rules[ofHandler]])
      decorate(Handlers.prototype, ofHandler, descriptor);
  }
  for (const decorate of [UseFilters(ProblemFilter), kind, ...rules[ofClass]] as ClassDecorator[])
    decorate(Handlers);
  return Handlers;
}

const controllers = names.map((name) => classWith(name, (path) => Get(path), Controller(name)));
const resolvers = names.map((name) =>
  classWith(name, (field) => Query(() => String, { name: `${name}_${field}` }), Resolver()),
);
const gateways = names.map((name) =>
  classWith(
    name,
    (event) => SubscribeMessage(event),
    WebSocketGateway({ path: `/${name}` }),
    (event) => ({ event, data: 'in' }),
  ),
);

@Module({
  imports: [
    SocketsModule,
    GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, autoSchemaFile: true }),
  ],
  controllers,
  providers: [...resolvers, ...gateways],
})
class RulesModule {}

describe('who may call a handler', () => {
  let host: GuestHost;
  const tokens = new Map<Caller, string>();

  beforeAll(async () => {
    const astra = AstraModule.forRoot({
      secretKey: 'a secret key that the host of all rules has',
      roles: { admin: ['invoice:write'] },
    });
    host = await GuestHost.start('fastify', {
      sockets: (app) => new WsAdapter(app),
      instead: ({ connection }) => ({
        module: class {},
        imports: [
          TypeOrmModule.forRoot({
            ...{ type: 'postgres', ...connection, entities: astraEntities, migrations: astraMigrations },
            migrationsRun: true,
            retryAttempts: 0,
          }),
          astra,
          RulesModule,
        ],
      }),
    });
    for (const role of ['user', 'moderator', 'admin'] as const)
      tokens.set(role, (await asUser(host.app, role)).accessToken);
  });
  afterAll(() => host.stop());

  it.each(names)('is decided on a route below a class with %s', async (ofClass) => {
    await expectRules(ofClass, async (ofHandler, caller) => {
      const { status } = await host.ask(`GET /${ofClass}/${ofHandler}`, { token: tokens.get(caller) });
      return status < 400;
    });
  });

  it.each(names)('is decided in a resolver with %s', async (ofClass) => {
    await expectRules(ofClass, async (ofHandler, caller) => {
      const query = `{ ${ofClass}_${ofHandler} }`;
      const { body } = await host.ask('POST //graphql', { body: { query }, token: tokens.get(caller) });
      return body.data?.[`${ofClass}_${ofHandler}`] === 'in';
    });
  });

  it.each(names)('is decided in a gateway with %s', async (ofClass) => {
    for (const caller of callers) {
      const token = tokens.get(caller);
      const socket = new WebSocket(`${host.origin.replace('http', 'ws')}/${ofClass}`, {
        headers: token ? { authorization: `Bearer ${token}` } : {},
      });
      const answers = on(socket, 'message');
      await once(socket, 'open');
      for (const ofHandler of names) {
        socket.send(JSON.stringify({ event: ofHandler }));
        const [data] = (await answers.next()).value as [Buffer];
        const isIn = JSON.parse(data.toString()).event === ofHandler;
        expect([caller, ofHandler, isIn]).toEqual([caller, ofHandler, may(caller, ofClass, ofHandler)]);
      }
      socket.terminate();
    }
  });

  it.each<[string, MethodDecorator[]]>([
    ['@Public() and @Authenticated()', [Authenticated(), Public()]],
    ['@Authenticated() and @Public()', [Public(), Authenticated()]],
    ['@Public() and @Roles()', [Roles('admin'), Public()]],
    ['@Permissions() and @Public()', [Public(), Permissions('invoice:write')]],
    ['@Public() and @Authenticated({ optional: true })', [Authenticated({ optional: true }), Public()]],
    ['@Authenticated({ optional: true }) and @Roles()', [Roles('admin'), Authenticated({ optional: true })]],
  ])('is not both %s', (both, decorators) => {
    class Contrary {
      handle() {
        return 'in';
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Contrary.prototype, 'handle')!;
    const decorate = () => {
      for (const one of decorators) one(Contrary.prototype, 'handle', descriptor);
    };
    expect(decorate).toThrow(
      `Contrary.handle has both ${both}, which contradict each other. Keep one of them.`,
    );
    const onClass = () => {
      for (const one of decorators as ClassDecorator[]) one(Contrary);
    };
    expect(onClass).toThrow(`Contrary has both ${both}, which`);
  });

  it('is nobody for the handler of a microservice, whoever the sender says to be', () => {
    const payload = { [PRINCIPAL]: { userId: 'x', role: 'admin' }, astraPrincipal: { role: 'admin' } };
    class Microservice {
      @Authenticated({ optional: true })
      handle() {
        return 'in';
      }

      @Public()
      greet() {
        return 'in';
      }
    }
    const contextOf = (handler: 'handle' | 'greet') => {
      const context = new ExecutionContextHost([payload, {}], Microservice, Microservice.prototype[handler]);
      context.setType('rpc');
      return context;
    };
    const guard = new JwtGuard(host.app.get(ModuleRef), host.get(Reflector), host.get(HttpAdapterHost));
    expect(() => guard.canActivate(contextOf('handle'))).toThrow(NotAuthenticatedError);
    expect(guard.canActivate(contextOf('greet'))).toBe(true);
    expect(() => handlerRequestOf(contextOf('greet'))).toThrow(NotAuthenticatedError);
  });

  it('is left to Astra by a guard for all routes but those of Astra: they are all marked', () => {
    const controllersOfAstra = [...host.app.get(ModulesContainer).values()]
      .filter(({ metatype }) => metatype !== RulesModule)
      .flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype as Type));
    expect(controllersOfAstra.length).toBeGreaterThan(12);
    const unmarked = controllersOfAstra.filter(
      (controller) => !isAstraRoute(new ExecutionContextHost([], controller)),
    );
    expect(unmarked.map(({ name }) => name)).toEqual([]);
  });

  async function expectRules(ofClass: Rule, ask: (ofHandler: Rule, caller: Caller) => Promise<boolean>) {
    const seen: unknown[] = [];
    const expected: unknown[] = [];
    for (const caller of callers)
      for (const ofHandler of names) {
        seen.push([caller, ofHandler, await ask(ofHandler, caller)]);
        expected.push([caller, ofHandler, may(caller, ofClass, ofHandler)]);
      }
    expect(seen).toEqual(expected);
  }
});
