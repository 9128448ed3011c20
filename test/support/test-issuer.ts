import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';

/** Client of the service under test at the issuer. */
export const CLIENT = { clientId: 'astra-test', clientSecret: 'secret-of-the-client' };

/** What an authorization request has asked for. */
interface Grant {
  clientId: string;
  redirectUri: string;
  nonce: string | null;
  challenge: string | null;
  /** Whether it has to say when the user has signed in. */
  asksForTime: boolean;
  claims: JWTPayload;
}

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Small provider on loopback that signs in whoever the test says, at once, and can be made to answer wrongly. It also has the
 * shapes of GitHub and Facebook. The flow itself is tested against a certified provider as well.
 */
export class TestIssuer {
  /** Who signs in next. */
  user: JWTPayload = {};
  /** Claims and header that are put over the right ones. */
  instead: { claims?: JWTPayload; header?: Partial<JWTHeaderParameters>; idToken?: string } = {};
  /** Parameters that are put over the right ones in the response to an authorization request; `null` leaves one out. */
  response: Record<string, string | null> = {};
  /** Answers of paths instead of the right ones. */
  answers: Record<string, Answering> = {};
  /** What the metadata says otherwise. */
  metadata: Record<string, unknown> = {};
  userInfo: Record<string, unknown> | undefined;
  /** Requests that have arrived: method and path. */
  readonly requests: string[] = [];
  /** Bodies of requests for tokens. */
  readonly tokenRequests: URLSearchParams[] = [];
  /** Secrets that were given out. None of them may be found anywhere. */
  readonly secrets: string[] = [];
  private readonly grants = new Map<string, Grant>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly keys: Awaited<ReturnType<typeof newKey>>,
  ) {}

  static async start(): Promise<TestIssuer> {
    const listener: { answer?: RequestListener } = {};
    const server = createServer((request, response) => listener.answer?.(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const issuer = new TestIssuer(server, url, await newKey());
    listener.answer = (request, response) => void issuer.answer(request, response);
    return issuer;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** Forgets everything that a test has changed. */
  reset(): void {
    this.instead = {};
    this.response = {};
    this.answers = {};
    this.metadata = {};
    this.userInfo = undefined;
    this.requests.splice(0);
  }

  /** Signs an ID token for the user. */
  async idToken(claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    const iat = Math.floor(Date.now() / 1000);
    const genuine = { iss: this.url, aud: CLIENT.clientId, iat, exp: iat + 600, ...this.user };
    const token = await new SignJWT({ ...genuine, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'key', ...header })
      .sign(this.keys.privateKey);
    this.secrets.push(token);
    return token;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    const instead = this.answers[url.pathname];
    if (instead) return instead(request, response);
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname.endsWith('/.well-known/openid-configuration')) return void json(this.configuration());
    switch (url.pathname) {
      case '/authorize':
      case '/login/oauth/authorize':
      case '/v23.0/dialog/oauth':
        return this.authorize(url.searchParams, response);
      case '/token':
      case '/login/oauth/access_token':
      case '/v23.0/oauth/access_token':
        return void json(...(await this.token(request)));
      case '/jwks':
      case '/.well-known/oauth/openid/jwks':
        return void json({ keys: [this.keys.jwk] });
      case '/userinfo':
        return void json(this.userInfo ?? this.user);
      case '/user':
        return void json({
          id: this.user.sub,
          login: 'a-name',
          name: this.user.name,
          email: 'public@example.com',
        });
      case '/user/emails':
        return void json(this.user.emails);
      case '/v23.0/me':
        return void json({ id: this.user.sub, name: this.user.name, email: this.user.email });
      default:
        return void json({}, 404);
    }
  }

  private configuration(): Record<string, unknown> {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/jwks`,
      userinfo_endpoint: `${this.url}/userinfo`,
      authorization_response_iss_parameter_supported: true,
      ...this.metadata,
    };
  }

  /** Sends the user back at once. A form_post response is returned as JSON, for the test to post. */
  private authorize(query: URLSearchParams, response: ServerResponse): void {
    const code = crypto.randomUUID();
    this.secrets.push(code);
    this.grants.set(code, {
      clientId: query.get('client_id') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      nonce: query.get('nonce'),
      challenge: query.get('code_challenge'),
      asksForTime: query.has('max_age'),
      claims: { ...this.user },
    });
    const parameters = { code, state: query.get('state'), iss: this.issuer, ...this.response };
    const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null);
    const target = new URL(query.get('redirect_uri') ?? '');
    if (query.get('response_mode') === 'form_post') {
      response.end(JSON.stringify(Object.fromEntries(given)));
      return;
    }
    for (const [name, value] of given) target.searchParams.set(name, value);
    response.writeHead(302, { location: target.href }).end();
  }

  private get issuer(): string {
    return typeof this.metadata.issuer === 'string' ? this.metadata.issuer : this.url;
  }

  private async token(request: IncomingMessage): Promise<[body: unknown, status: number]> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
    const form = new URLSearchParams(text);
    this.tokenRequests.push(form);
    const code = form.get('code') ?? '';
    const grant = this.grants.get(code);
    this.grants.delete(code);
    const hash = await crypto.subtle.digest('SHA-256', Buffer.from(form.get('code_verifier') ?? ''));
    const isProven = Buffer.from(hash).toString('base64url') === grant?.challenge;
    if (!grant || !isProven || form.get('redirect_uri') !== grant.redirectUri)
      return [{ error: 'invalid_grant' }, 400];
    const claims = {
      ...grant.claims,
      ...(grant.nonce !== null && { nonce: grant.nonce }),
      ...(grant.asksForTime && { auth_time: Math.floor(Date.now() / 1000) }),
      aud: grant.clientId,
    };
    const idToken =
      this.instead.idToken ??
      (await this.idToken({ ...claims, ...this.instead.claims }, this.instead.header));
    const accessToken = crypto.randomUUID();
    const refreshToken = crypto.randomUUID();
    this.secrets.push(accessToken, refreshToken, form.get('code_verifier') ?? '');
    const tokens = {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: 300,
    };
    return [grant.nonce === null ? tokens : { ...tokens, id_token: idToken }, 200];
  }
}

async function newKey() {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'key', alg: 'RS256', use: 'sig' } };
}
