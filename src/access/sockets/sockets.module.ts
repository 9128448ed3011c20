import { Module } from '@nestjs/common';
import { Sockets } from './sockets.js';

/** Support for a host's gateways. Import it to inject {@link Sockets}. */
@Module({ providers: [Sockets], exports: [Sockets] })
export class SocketsModule {}
