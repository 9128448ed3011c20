import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

const { jest } = import.meta;

/** Settings of a {@link CertifiedProvider}. */
export interface CertifiedProviderOptions {
  callback: string;
  /** Email address of a user, verified. */
  emailOf(login: string): string;
  /** Whether the secret of the client is the right one. Default: it is `a-secret`. */
  acceptsSecret?(secret: string): Promise<boolean>;
}

/** Certified provider on this machine, with the pages at which a person signs in with any password and consents. */
export class CertifiedProvider {
  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  /** Starts without clients, since their callback depends on the service, which has to know the issuer. */
  static async start(): Promise<CertifiedProvider> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new CertifiedProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  serve({ callback, emailOf, acceptsSecret }: CertifiedProviderOptions): void {
    // Its pages for development say on the console that they are for development.
    const spies = [jest.spyOn(console, 'warn'), jest.spyOn(console, 'info')];
    for (const spy of spies) spy.mockImplementation(() => undefined);
    const provider = new Provider(this.issuer, {
      clients: [
        {
          ...{ client_id: 'astra', client_secret: 'a-secret', redirect_uris: [callback] },
          token_endpoint_auth_method: acceptsSecret ? 'client_secret_post' : 'client_secret_basic',
        },
      ],
      scopes: ['openid', 'email', 'profile', 'name'],
      claims: { email: ['email', 'email_verified'], profile: ['name'], openid: ['sub'] },
      conformIdTokenClaims: false,
      ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: () => ({ sub, email: emailOf(sub), email_verified: true, name: 'Ada Lovelace' }),
      }),
    });
    for (const spy of spies) spy.mockRestore();
    if (acceptsSecret) Object.assign(provider.Client.prototype, { compareClientSecret: acceptsSecret });
    const answer = provider.callback();
    this.server.on('request', (request, response) => void answer(request, response));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
