import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { errorText } from '../../http/problem/error-text.js';
import { findOptional, findProvider } from '../../http/nest/find-provider.js';
import { toProblem } from '../../http/problem/to-problem.js';
import { InvalidTokenError } from '../access.errors.js';
import { ApiKeyAuthenticator } from '../api-key-authenticator.js';
import { Authenticator } from '../authenticator.js';
import { ACCESS_TOKEN, type HandlerRequest } from '../guards/handler-request.js';
import type { TokenHolder } from '../principal.js';

/** A WebSocket connection of Nest's `WsAdapter` (package `ws`). */
interface PlainSocket {
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

/** A WebSocket connection of Nest's `IoAdapter` (Socket.IO). */
interface SocketIoSocket {
  disconnect(close: boolean): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
}

/** A WebSocket connection, as passed to the host's gateway. */
export type Socket = PlainSocket | SocketIoSocket;

/** Scopes that an API key needs for a connection. */
const NEEDED = Symbol('astra:needed-scopes');

type Caller = Socket & HandlerRequest & { [NEEDED]?: readonly string[] };

/** Interval at which the connections are checked, in ms. */
const CHECK_EVERY = 1_000;
/**
 * Close code for connections that are no longer signed in (4000 to 4999 are for applications: RFC 6455,
 * 7.4.2).
 */
const NOT_SIGNED_IN = 4401;

/**
 * Signs WebSocket connections in. The guards then accept messages as long as the access token is valid;
 * within a second of the end of the token or its session, the connection is closed.
 */
@Injectable()
export class Sockets implements OnApplicationShutdown {
  private readonly logger = new Logger(Sockets.name);
  private readonly open = new Set<Caller>();
  private authenticator?: Authenticator;
  private apiKeys?: ApiKeyAuthenticator | null;
  private timer?: NodeJS.Timeout;
  private isChecking = false;

  constructor(private readonly modules: ModuleRef) {}

  /**
   * Signs a connection in with the token from its handshake or from a message. Call it again with each new
   * token to keep the connection open after the previous token expires. If the token is invalid, the
   * connection is closed.
   *
   * @param options.scopes - Also accepts API keys with all of these scopes. Default: no API keys.
   * @returns the holder of the token; `null` if it is invalid, or cannot be verified at the moment.
   */
  async signIn(
    socket: Socket,
    accessToken: string,
    options: { scopes?: readonly [string, ...string[]] } = {},
  ): Promise<TokenHolder | null> {
    const caller: Caller = socket;
    caller[ACCESS_TOKEN] = accessToken;
    caller[NEEDED] = options.scopes;
    if (!this.open.has(caller)) {
      this.open.add(caller);
      const forget = () => this.open.delete(caller);
      if ('close' in socket) socket.once('close', forget);
      else socket.once('disconnect', forget);
      this.timer ??= setInterval(() => void this.checkAll(), CHECK_EVERY).unref();
    }
    return this.check(caller);
  }

  /** Stops checking connections, which end with the application. */
  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Checks sequentially, so as not to flood the database with queries. */
  private async checkAll(): Promise<void> {
    if (this.isChecking) return;
    this.isChecking = true;
    try {
      for (const caller of this.open) await this.check(caller);
    } catch (error) {
      this.logger.warn(`The check of WebSocket connections was postponed: ${errorText(error)}`);
    } finally {
      this.isChecking = false;
    }
  }

  /** Authenticates an access token, or an API key that has the scopes. */
  private async holderOf(token: string, scopes: readonly string[] | undefined): Promise<TokenHolder> {
    if (this.apiKeys === undefined) this.apiKeys = findOptional(this.modules, ApiKeyAuthenticator);
    if (!this.apiKeys?.claims(token)) {
      this.authenticator ??= findProvider(this.modules, Authenticator);
      return this.authenticator.recall(token) ?? this.authenticator.authenticate(token);
    }
    const holder = await this.apiKeys.authenticate(token);
    if (!scopes?.every((scope) => holder.scopes?.includes(scope))) throw new InvalidTokenError();
    return holder;
  }

  /**
   * Authenticates the current token of a connection, and closes the connection if the token is no longer valid. A token
   * that cannot be verified at the moment keeps the connection open.
   */
  private async check(caller: Caller): Promise<TokenHolder | null> {
    const token = caller[ACCESS_TOKEN] ?? '';
    try {
      return await this.holderOf(token, caller[NEEDED]);
    } catch (error) {
      // The connection may have been signed in with a newer token during the check.
      if (token !== caller[ACCESS_TOKEN]) return this.check(caller);
      const problem = toProblem(error);
      if (!problem) throw error;
      if (problem.getStatus() === 401) close(caller);
      return null;
    }
  }
}

function close(socket: Socket): void {
  if ('close' in socket) socket.close(NOT_SIGNED_IN, 'Invalid or expired token');
  else socket.disconnect(true);
}
