// What the application that is not ours has beside HTTP routes: a GraphQL API, and a gateway for WebSockets.
import type { IncomingHttpHeaders } from 'node:http';
import { Module, UseFilters } from '@nestjs/common';
import { GraphQLModule, Int, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  Authenticated,
  bearerToken,
  CurrentUser,
  Permissions,
  type Principal,
  ProblemFilter,
  Public,
  RecentSignIn,
  Roles,
  type Socket,
  Sockets,
  SocketsModule,
  TwoFactors,
} from '../../src/index.js';
import { HostPublic } from './guest-host.rules.js';

@Resolver()
@Authenticated()
class MeResolver {
  @Query(() => String)
  @HostPublic()
  me(@CurrentUser() { username }: Principal) {
    return username;
  }

  @Query(() => String)
  @HostPublic()
  @Authenticated({ optional: true })
  greeting(@CurrentUser() user: Principal | null) {
    return `Hello, ${user?.username ?? 'stranger'}`;
  }

  @Query(() => Int)
  @HostPublic()
  @Roles('editor')
  salary() {
    return 100;
  }

  @Query(() => Int)
  @HostPublic()
  @RecentSignIn({ within: 60 })
  savings() {
    return 100;
  }
}

/** A handshake, as `ws` and as Socket.IO hand it over. */
type Handshake = { headers: IncomingHttpHeaders };

@WebSocketGateway({ path: '/live' })
@UseFilters(ProblemFilter)
@Authenticated()
class LiveGateway {
  constructor(private readonly sockets: Sockets) {}

  async handleConnection(socket: Socket & { handshake?: Handshake }, request?: Handshake) {
    const token = bearerToken(request ?? socket.handshake!);
    if (token) await this.sockets.signIn(socket, token);
  }

  /** For browsers, which cannot send a header field with the handshake, and again with each new token. */
  @SubscribeMessage('sign-in')
  @HostPublic()
  @Public()
  async signIn(@ConnectedSocket() socket: Socket, @MessageBody() token: string) {
    const holder = await this.sockets.signIn(socket, token);
    return { event: 'signed-in', data: holder?.userId ?? null };
  }

  @SubscribeMessage('whoami')
  @HostPublic()
  whoAmI(@CurrentUser() { username }: Principal) {
    return { event: 'whoami', data: username };
  }

  @SubscribeMessage('bill')
  @HostPublic()
  @Permissions('invoice:write')
  bill() {
    return { event: 'bill', data: 100 };
  }

  @SubscribeMessage('withdraw')
  @HostPublic()
  @RecentSignIn()
  withdraw() {
    return { event: 'withdrawn', data: 100 };
  }

  @SubscribeMessage('close')
  @HostPublic()
  @TwoFactors()
  close() {
    return { event: 'closed', data: null };
  }
}

@Module({ imports: [SocketsModule], providers: [LiveGateway] })
export class LiveModule {}

@Module({
  imports: [GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, autoSchemaFile: true })],
  providers: [MeResolver],
})
export class GraphModule {}
