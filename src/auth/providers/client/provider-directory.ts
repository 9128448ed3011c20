import { Injectable } from '@nestjs/common';
import { NotFoundError } from '../../../http/problem/problem.js';
import { outboundFetch } from '../../../outbound/outbound-fetch.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import type { Provider } from '../../../settings/providers/provider-settings.js';
import { ProviderClient } from './provider-client.js';

/** The providers of this installation, by their names. */
@Injectable()
export class ProviderDirectory {
  private readonly clients: ReadonlyMap<string, ProviderClient>;

  constructor({ providers }: AuthSettings) {
    const { all, networks: allowed } = providers;
    this.clients = new Map(
      [...all].map(([name, provider]) => [
        name,
        // Each has limits of its own: only a provider on this machine may lead to this machine.
        new ProviderClient(provider, outboundFetch({ allowed, allowLoopback: provider.isLoopback })),
      ]),
    );
  }

  /** All providers, in the order of the settings. */
  get all(): Provider[] {
    return [...this.clients.values()].map(({ provider }) => provider);
  }

  /** @throws {NotFoundError} if there is no such provider. */
  get(name: string): ProviderClient {
    const client = this.clients.get(name);
    if (!client) throw new NotFoundError('Provider not found.');
    return client;
  }
}
