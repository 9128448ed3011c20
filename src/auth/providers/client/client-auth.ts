import { type ClientAuth, ClientSecretBasic, ClientSecretPost, type ServerMetadata } from 'openid-client';
import type { Provider } from '../../../settings/providers/provider-settings.js';
import { appleSecret } from './apple-secret.js';

/** Returns how this service authenticates to the token endpoint of a provider. */
export async function clientAuth(
  provider: Provider,
  { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] }: ServerMetadata,
): Promise<ClientAuth> {
  const { clientSecret = '', privateKey } = provider;
  // Apple takes its secret in the form only.
  if (privateKey !== undefined) return ClientSecretPost(await appleSecret(provider));
  return methods.includes('client_secret_basic')
    ? ClientSecretBasic(clientSecret)
    : ClientSecretPost(clientSecret);
}
