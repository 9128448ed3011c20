import { Module } from '@nestjs/common';
import { Sockets } from './sockets.js';

/** For gateways of a host. Import it to inject {@link Sockets}. */
@Module({ providers: [Sockets], exports: [Sockets] })
export class SocketsModule {}
