import { Logger } from '@nestjs/common';
import type { ServerMetadata } from 'openid-client';
import type { OutboundFetch } from '../../../outbound/outbound-fetch.js';
import { OutboundError } from '../../../outbound/outbound.errors.js';
import type { Provider } from '../../../settings/providers/provider-settings.js';
import { ProviderUnavailableError } from '../providers.errors.js';
import { type KeySet, keySetAt } from './id-tokens.js';

/** Time in ms for which metadata is used before it is read again. */
const FRESH_FOR = 60 * 60 * 1000;

/** Metadata of a provider, and its keys. */
export interface KnownServer {
  readonly server: ServerMetadata;
  /** `null` if it has no ID tokens. */
  readonly keys: KeySet | null;
}

/**
 * Metadata of a provider. It is read when first needed, so that the start waits for no foreign server, and after an hour
 * again, in the background: a provider that is away for a while is noticed by nobody who has its metadata already.
 */
export class ProviderMetadata {
  private readonly logger = new Logger('Providers');
  private known: (KnownServer & { readAt: number }) | undefined;
  private reading: Promise<KnownServer> | undefined;

  constructor(
    private readonly provider: Provider,
    private readonly fetch: OutboundFetch,
  ) {}

  /** @throws {ProviderUnavailableError} if it was never read, and cannot be read now. */
  async get(): Promise<KnownServer> {
    const { endpoints } = this.provider.preset;
    if (endpoints) return (this.known ??= { ...this.fixed(endpoints), readAt: Infinity });
    if (!this.known) return this.refresh();
    // The failure was logged, and the metadata is still usable.
    if (Date.now() - this.known.readAt > FRESH_FOR) this.refresh().catch(() => undefined);
    return this.known;
  }

  /** Reads the metadata; requests at the same time share one reading. */
  private refresh(): Promise<KnownServer> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  /**
   * Requests the metadata.
   *
   * @throws {ProviderUnavailableError} if it cannot be read or used. The log has the reason, without addresses.
   */
  private async read(): Promise<KnownServer> {
    const { name, metadataUrl } = this.provider;
    try {
      const response = await this.fetch(metadataUrl, { headers: { accept: 'application/json' } });
      if (response.status !== 200) throw new OutboundError('unreachable', `HTTP ${response.status}`);
      const server = this.checked(await response.json());
      this.known = { server, keys: keySetAt(server.jwks_uri, this.fetch), readAt: Date.now() };
      return this.known;
    } catch (error) {
      const reason = error instanceof OutboundError ? error.message : 'its metadata is not usable';
      this.logger.warn(`The provider ${name} is unavailable: ${reason}`);
      throw new ProviderUnavailableError();
    }
  }

  /**
   * Checks metadata (OpenID Connect Discovery 1.0, 4.3). URLs without TLS are refused when they are requested.
   *
   * @throws {TypeError} if it is not of this issuer, or something is missing.
   */
  private checked(body: unknown): ServerMetadata & { jwks_uri: string } {
    const server = body as ServerMetadata;
    const { issuer, authorization_endpoint, token_endpoint, jwks_uri } = server;
    if (issuer !== this.provider.preset.issuer) throw new TypeError('Another issuer');
    const urls = [authorization_endpoint, token_endpoint, jwks_uri];
    if (!urls.every((url) => typeof url === 'string' && URL.canParse(url)))
      throw new TypeError('No endpoint');
    // Users are sent there, so it must not be a URL that their browser runs.
    const { protocol } = new URL(authorization_endpoint as string);
    if (protocol !== 'https:' && !this.provider.isLoopback) throw new TypeError('Insecure');
    return server as ServerMetadata & { jwks_uri: string };
  }

  /** Metadata of a provider that publishes none. */
  private fixed({ authorization, token, keys }: NonNullable<Provider['preset']['endpoints']>): KnownServer {
    return {
      server: {
        issuer: this.provider.preset.issuer,
        authorization_endpoint: authorization,
        token_endpoint: token,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      },
      keys: keys === null ? null : keySetAt(keys, this.fetch),
    };
  }
}
