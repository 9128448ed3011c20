import { Logger } from '@nestjs/common';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  type ClientAuth,
  Configuration,
  customFetch,
  fetchUserInfo,
  ResponseBodyError,
  type ServerMetadata,
} from 'openid-client';
import { readEmail } from '../../../names/canonical.js';
import type { OutboundFetch, OutboundRequest } from '../../../outbound/outbound-fetch.js';
import { OutboundError } from '../../../outbound/outbound.errors.js';
import { Problem } from '../../../http/problem/problem.js';
import type { Claims } from '../../../settings/providers/presets.js';
import type { Provider } from '../../../settings/providers/provider-settings.js';
import {
  AccessDeniedError,
  CodeRefusedError,
  InvalidIdTokenError,
  ProviderUnavailableError,
} from '../providers.errors.js';
import type { ProvenIdentity, ProviderTokens } from '../proven-identity.js';
import { readApiProfile } from './api-profiles.js';
import { clientAuth } from './client-auth.js';
import { assertSignedInSince, noncesOf, saysTwoFactors, verifyIdToken } from './id-tokens.js';
import { inTime } from './in-time.js';
import { type KnownServer, ProviderMetadata } from './provider-metadata.js';
import { tokensOf, withoutIdToken } from './token-response.js';

/** Secrets of one authorization request, which only the browser that began it brings back. */
export interface AuthorizationSecrets {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
  /** Time since which the user must have signed in, in ms since 1970. Default: at any time. */
  readonly signedInSince?: number;
}

/** Verified answer of a provider about a user. */
export interface ProviderAnswer {
  readonly identity: ProvenIdentity;
  readonly claims: Claims;
  readonly tokens: ProviderTokens;
}

/** Talks to one provider, as an OAuth 2.0 client with the rules of RFC 9700. */
export class ProviderClient {
  private readonly logger = new Logger('Providers');
  private readonly metadata: ProviderMetadata;

  constructor(
    readonly provider: Provider,
    private readonly fetch: OutboundFetch,
  ) {
    this.metadata = new ProviderMetadata(provider, fetch);
  }

  /**
   * Returns the URL of the provider at which the user signs in.
   *
   * @throws {ProviderUnavailableError} if the provider is away.
   */
  async authorizationUrl(
    secrets: AuthorizationSecrets,
    { callbackUrl, loginHint }: { callbackUrl: string; loginHint?: string },
    challenge: string,
  ): Promise<URL> {
    const { preset, scopes } = this.provider;
    const { server } = await this.metadata.get();
    return buildAuthorizationUrl(this.configuration(server), {
      redirect_uri: callbackUrl,
      scope: scopes.join(' '),
      state: secrets.state,
      ...(!preset.endpoints && { nonce: secrets.nonce }),
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...(preset.formPost && { response_mode: 'form_post' }),
      ...(loginHint !== undefined && { login_hint: loginHint }),
      // Some providers know only one of them. The first asks for `auth_time`, without which the second could be removed unnoticed.
      ...(secrets.signedInSince !== undefined && { max_age: '0', prompt: 'login' }),
      ...preset.parameters?.(this.provider),
    });
  }

  /**
   * Exchanges the response to an authorization request for what the provider says about the user.
   *
   * @param answered - The callback's URL with the parameters of the response.
   * @throws {AccessDeniedError} if the user or the provider refuses, or the account may not be used here.
   * @throws {CodeRefusedError | InvalidIdTokenError} if the response, or what the provider gives for it, is not valid.
   * @throws {ProviderUnavailableError} if the provider is away.
   */
  exchange(answered: URL, secrets: AuthorizationSecrets): Promise<ProviderAnswer> {
    return inTime(this.askFor(answered, secrets));
  }

  /** See {@link exchange}. */
  private async askFor(
    answered: URL,
    { state, nonce, verifier, signedInSince }: AuthorizationSecrets,
  ): Promise<ProviderAnswer> {
    const known = await this.metadata.get();
    const progress: { hasAsked: boolean; idToken?: string } = { hasAsked: false };
    const fetch: OutboundFetch = async (url, request) => {
      progress.hasAsked = true;
      return withoutIdToken(await this.fetch(url, request), (idToken) => (progress.idToken = idToken));
    };
    const auth = await clientAuth(this.provider, known.server);
    const configuration = this.configuration(known.server, fetch, auth);
    try {
      const checks = { expectedState: state, pkceCodeVerifier: verifier };
      const response = await authorizationCodeGrant(configuration, answered, checks);
      const tokens = tokensOf(response, progress.idToken);
      const claims = await this.claimsOf(tokens, nonce, known);
      const identity = this.identityOf(claims);
      if (signedInSince === undefined) return { identity, claims, tokens };
      assertSignedInSince(signedInSince, claims);
      return { identity: { ...identity, hasSignedInAgain: true }, claims, tokens };
    } catch (error) {
      throw this.refusalOf(error, progress.hasAsked);
    }
  }

  /**
   * Verifies an ID token that a native app has received.
   *
   * @param nonce - As the app has chosen it, or as the provider has received it.
   * @throws {InvalidIdTokenError} if it is refused, or the provider has none.
   * @throws {AccessDeniedError | ProviderUnavailableError} like {@link exchange}.
   */
  verify(idToken: string, nonce: string): Promise<ProviderAnswer> {
    return inTime(this.check(idToken, nonce));
  }

  /** See {@link verify}. */
  private async check(idToken: string, nonce: string): Promise<ProviderAnswer> {
    const { keys } = await this.metadata.get();
    if (!keys) throw new InvalidIdTokenError();
    const { audiences: clientIds, preset } = this.provider;
    const nonces = preset.withoutNonce ? null : noncesOf(nonce);
    const claims = await verifyIdToken(idToken, this.provider, keys, { clientIds, nonces });
    const tokens = { accessToken: null, refreshToken: null, idToken, expiresIn: null };
    return { identity: this.identityOf(claims), claims, tokens };
  }

  /**
   * A client for one request.
   *
   * @param fetch - May look at the responses. Default: it does not.
   * @param auth - For the token endpoint, the only one that the client authenticates to.
   */
  private configuration(server: ServerMetadata, fetch = this.fetch, auth?: ClientAuth): Configuration {
    const { clientId, isLoopback } = this.provider;
    const configuration = new Configuration(server, clientId, undefined, auth);
    configuration[customFetch] = (url, { body, headers, method, signal }) =>
      fetch(url, { method, headers, body, signal } as OutboundRequest);
    // oxlint-disable-next-line typescript/no-deprecated -- only so that it stands out: the fetch takes it from nowhere else
    if (isLoopback) allowInsecureRequests(configuration);
    return configuration;
  }

  /** Reads who the user is: from the ID token, and what it lacks from the API of the provider. */
  private async claimsOf(tokens: ProviderTokens, nonce: string, known: KnownServer): Promise<Claims> {
    const { server, keys } = known;
    const { clientId, preset, name } = this.provider;
    const accessToken = tokens.accessToken ?? '';
    if (preset.endpoints) return readApiProfile(name, preset.endpoints.api, accessToken, this.fetch);
    if (!keys || tokens.idToken === null) throw new InvalidIdTokenError();
    const claims = await verifyIdToken(tokens.idToken, this.provider, keys, {
      clientIds: [clientId],
      nonces: [nonce],
    });
    if (!preset.readsUserInfo || claims.email !== undefined || !server.userinfo_endpoint) return claims;
    // Refused unless it is of the same subject.
    const info = await fetchUserInfo(this.configuration(server), accessToken, claims.sub);
    // Both from one place: the address of one source must not be verified by the other.
    const { email, email_verified } = info;
    return { ...claims, email, email_verified, name: claims.name ?? info.name };
  }

  /** @throws {AccessDeniedError} if the account may not be used here. */
  private identityOf(claims: Claims): ProvenIdentity {
    const { name: provider, preset } = this.provider;
    if (preset.admits && !preset.admits(claims, this.provider)) throw new AccessDeniedError();
    const { sub, iss, email: given, name } = claims;
    const subject = typeof sub === 'number' ? String(sub) : sub;
    if (typeof subject !== 'string' || subject === '' || subject.length > 255)
      throw new InvalidIdTokenError();
    const email = typeof given === 'string' ? readEmail(given) : null;
    return {
      provider,
      // One that has several is one issuer, except where each tenant has its own.
      issuer: preset.issuer.includes('{tenantid}') ? String(iss) : preset.issuer,
      subject,
      email,
      emailVerified: email !== null && preset.verifiesEmail(claims, this.provider),
      fullName: typeof name === 'string' ? readName(name) : null,
      ...(this.provider.satisfies === 'two-factors' && saysTwoFactors(claims) && { hasTwoFactors: true }),
    };
  }

  /**
   * Converts an error, which may contain codes and tokens, to a problem. Only its kind is logged.
   *
   * @param hasAsked - Whether the provider was asked: before that, only the response can be wrong.
   */
  private refusalOf(error: unknown, hasAsked: boolean): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof AuthorizationResponseError)
      return error.error === 'temporarily_unavailable' || error.error === 'server_error'
        ? new ProviderUnavailableError()
        : new AccessDeniedError();
    if (error instanceof ResponseBodyError && error.error === 'invalid_grant') return new CodeRefusedError();
    this.logger.warn(`A sign-in with ${this.provider.name} failed: ${kindOf(error)}`);
    return hasAsked ? new ProviderUnavailableError() : new CodeRefusedError();
  }
}

/** Returns a name as an account can have it: one line of at most 100 characters. `null` if nothing is left. */
export function readName(name: string): string | null {
  const line = name
    .slice(0, 400)
    .normalize('NFC')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .trim();
  return Array.from(line).slice(0, 100).join('').trim() || null;
}

/** Returns the codes of an error and its causes, which name no secrets; their messages and fields may. */
function kindOf(error: unknown): string {
  if (error instanceof OutboundError) return error.message;
  if (error instanceof ResponseBodyError)
    return `the token endpoint says ${/^\w{1,50}$/.exec(error.error)?.[0]}`;
  const { code, cause, name } = error as Error & { code?: unknown };
  const own = typeof code === 'string' ? code : name;
  return cause instanceof Error ? `${own}, ${kindOf(cause)}` : own;
}
