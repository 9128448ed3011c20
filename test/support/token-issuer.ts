import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the issuer answers one of its two addresses. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** A key of the issuer, as the JWK set has it and for signing. */
export interface IssuerKey {
  kid: string;
  jwk: Record<string, unknown>;
  token(claims?: Record<string, unknown>): string;
}

export function issuerKey(kid: string): IssuerKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return {
    kid,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' },
    token(claims = {}) {
      const iat = Math.floor(Date.now() / 1000);
      const genuine = {
        ...{ iss: 'astra', aud: 'astra', sub: randomUUID(), sid: randomUUID(), client_id: 'astra' },
        ...{ role: 'user', gen: 0, jti: randomUUID(), iat, exp: iat + 900 },
      };
      const data = `${encode({ alg: 'EdDSA', typ: 'at+jwt', kid })}.${encode({ ...genuine, ...claims })}`;
      return `${data}.${sign(null, Buffer.from(data), privateKey).toString('base64url')}`;
    },
  };
}

/** Issuer for a verifier under test: a server with configurable responses that counts requests. */
export class TokenIssuer {
  keys: IssuerKey[];
  sessions: { id: string }[] = [];
  users: { id: string; generation: number }[] = [];
  /** Instead of a good answer, where there is one. */
  instead: { jwks?: Answering; feed?: Answering } = {};
  headers: Record<string, string> = {};
  readonly asked = { jwks: 0, feed: 0 };

  private constructor(private readonly server: Server) {
    this.keys = [issuerKey('first')];
  }

  static async start(): Promise<TokenIssuer> {
    const server = createServer((request, response) => issuer.answer(request, response));
    const issuer = new TokenIssuer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get requests(): number {
    return this.asked.jwks + this.asked.feed;
  }

  jwks(): object {
    return { keys: this.keys.map(({ jwk }) => jwk) };
  }

  feed(): Record<string, unknown> {
    const { sessions, users } = this;
    const keys = this.keys.map(({ kid }) => kid);
    return { sessions, users, keys, cursor: '1', next_page: null, window: 930 };
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const what = request.url?.includes('jwks') ? 'jwks' : 'feed';
    this.asked[what]++;
    const instead = this.instead[what];
    if (instead) return instead(request, response);
    response.writeHead(200, { 'content-type': 'application/json', ...this.headers });
    response.end(JSON.stringify(this[what]()));
  }
}
