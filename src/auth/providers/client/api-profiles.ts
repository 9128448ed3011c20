import type { OutboundFetch } from '../../../outbound/outbound-fetch.js';
import type { Claims } from '../../../settings/providers/presets.js';
import { ProviderUnavailableError } from '../providers.errors.js';

/** Reads JSON from the API of a provider, as its user. */
type Read = (path: string) => Promise<unknown>;

/** Reads who a user is from the API of a provider without ID tokens, as claims. */
type ReadProfile = (read: Read) => Promise<Claims>;

/** Profiles of the presets without ID tokens in their code flow. */
const profiles: Readonly<Record<string, ReadProfile>> = {
  async github(read) {
    const user = asRecord(await read('/user'));
    const emails = await read('/user/emails');
    const primary = (Array.isArray(emails) ? emails : [])
      .map(asRecord)
      .find((email) => email.primary === true && email.verified === true);
    return {
      // The name of an account can be changed, and taken by somebody else; its number cannot.
      sub: user.id,
      name: user.name,
      email: primary?.email,
      email_verified: primary !== undefined,
    };
  },
  async facebook(read) {
    const { id, name, email } = asRecord(await read('/me?fields=id,name,email'));
    return { sub: id, name, email };
  },
};

/**
 * Reads who a user is.
 *
 * @param provider - Name of a preset with fixed endpoints.
 * @param api - Base URL of its API.
 * @throws {ProviderUnavailableError} if the API does not answer as it should.
 */
export async function readApiProfile(
  provider: string,
  api: string,
  accessToken: string,
  fetch: OutboundFetch,
): Promise<Claims> {
  return profiles[provider](async (path) => {
    const response = await fetch(api + path, {
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${accessToken}`,
        // GitHub refuses requests without one.
        'user-agent': 'astra',
      },
    });
    if (!response.ok) throw new ProviderUnavailableError();
    return response.json();
  });
}

/**
 * Returns an object of an API's response.
 *
 * @throws {ProviderUnavailableError} if it is anything else.
 */
function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new ProviderUnavailableError();
  return value as Record<string, unknown>;
}
