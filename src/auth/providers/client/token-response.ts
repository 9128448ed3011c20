import type { TokenEndpointResponse } from 'openid-client';
import type { ProviderTokens } from '../proven-identity.js';

/**
 * Takes the ID token out of a response of the token endpoint. openid-client would verify it against one issuer only, but
 * Apple has two and Microsoft one for each tenant; `verifyIdToken` has one rule for both flows.
 */
export async function withoutIdToken(response: Response, take: (idToken: string) => void): Promise<Response> {
  const text = await response.clone().text();
  const body = parsed(text);
  if (typeof body !== 'object' || body === null || !('id_token' in body)) return response;
  const { id_token: idToken, ...rest } = body;
  if (typeof idToken === 'string') take(idToken);
  return new Response(JSON.stringify(rest), { status: response.status, headers: response.headers });
}

/** Parses JSON; `null` for anything else, which openid-client refuses with a better reason. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // openid-client refuses it.
    return null;
  }
}

/** Returns the tokens of a response, with the ID token that was taken out of it. */
export function tokensOf(response: TokenEndpointResponse, idToken?: string): ProviderTokens {
  return {
    accessToken: response.access_token,
    refreshToken: response.refresh_token ?? null,
    idToken: idToken ?? null,
    expiresIn: response.expires_in ?? null,
  };
}
