import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InvalidInputError } from '../../../http/problem/problem.js';
import { getRequestCookie } from '../../../http/nest/nest-internals.js';
import type { AnyRequest } from '../../../http/request/request-id.js';
import { deriveKeys, type Keys } from '../../../keys/derived-keys.js';
import { isEqual } from '../../../keys/mac.js';
import { seal, unseal } from '../../../keys/seal.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { UsedChallenges } from '../../one-time-tokens/used-challenges.js';
import { CallbackUrls } from '../callback-urls.js';
import { ProviderDirectory } from '../client/provider-directory.js';
import { InvalidStateError } from '../providers.errors.js';
import type { Way } from './way.js';

/** Lifetime of a sign-in with a provider, in seconds. */
export const WAY_TTL = 600;
/** Name of the cookie. With this prefix, browsers bind it to one host and to HTTPS (RFC 6265bis, 4.1.3.2). */
const WAY_COOKIE = '__Host-astra_way';

const LABEL = 'way';

/** Beginning of a sign-in with a provider, and the URL at which it ends. */
export interface WayRequest extends Pick<Way, 'redirectTo' | 'challenge' | 'linking'> {
  /** Account that the provider should offer. Default none. */
  loginHint?: string;
  /** Whether the user has to sign in at the provider again, which confirms the identity. Default `false`. */
  signsInAgain?: boolean;
}

/**
 * Starts sign-ins with providers, and recognizes them when the browser comes back. State, nonce and PKCE verifier are in
 * a sealed cookie, and the state is a hash of its random part: a response is only accepted by the browser that
 * has asked for it (RFC 9700, 4.7), which a state that is only stored or signed would not prove.
 */
@Injectable()
export class Ways {
  private readonly keys: Keys;

  constructor(
    private readonly directory: ProviderDirectory,
    private readonly callbacks: CallbackUrls,
    private readonly used: UsedChallenges,
    private readonly settings: AuthSettings,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.keys = deriveKeys(settings, 'astra provider sign-in v1');
  }

  /**
   * Starts a sign-in, and sets the cookie.
   *
   * @returns the URL of the provider to send the user to.
   * @throws {NotFoundError} if there is no such provider.
   * @throws {InvalidInputError} if the target is not allowed, or the provider does not say whether users have signed in again.
   * @throws {ProviderUnavailableError} if the provider is away.
   */
  async begin(
    name: string,
    { loginHint, signsInAgain = false, ...request }: WayRequest,
    response: object,
  ): Promise<URL> {
    const client = this.directory.get(name);
    if (signsInAgain && client.provider.preset.withoutAuthTime) throw neverSaysWhen();
    if (!this.settings.providers.redirectUris.allows(request.redirectTo)) throw targetNotAllowed();
    const random = randomBytes(32);
    const way: Way = {
      ...request,
      provider: name,
      state: hash('sha256', Buffer.concat([Buffer.from('astra way\0'), random]), 'base64url'),
      nonce: randomBytes(32).toString('base64url'),
      verifier: randomBytes(32).toString('base64url'),
      ...(signsInAgain && { signedInSince: Date.now() }),
      expiresAt: Date.now() + WAY_TTL * 1000,
    };
    // RFC 7636, 4.2.
    const challenge = hash('sha256', way.verifier, 'base64url');
    const callbackUrl = this.callbacks.of(name);
    const url = await client.authorizationUrl(way, { callbackUrl, loginHint }, challenge);
    const cookie = seal(JSON.stringify(way), LABEL, this.keys);
    this.adapterHost.httpAdapter.setCookie(response, WAY_COOKIE, cookie, {
      ...this.attributesFor(name),
      maxAge: WAY_TTL,
    });
    return url;
  }

  /**
   * Recognizes the sign-in of a response, and uses it up, regardless of what the response says.
   *
   * @throws {InvalidStateError} if it was not begun in this browser with this provider, has expired, or was used.
   */
  async resume(name: string, state: string, request: AnyRequest): Promise<Way> {
    const sealed = getRequestCookie(request, WAY_COOKIE);
    const text = sealed === undefined ? null : unseal(sealed, LABEL, this.keys);
    if (text === null) throw new InvalidStateError();
    const way = JSON.parse(text) as Way;
    const isOurs = way.provider === name && isEqual(Buffer.from(way.state), Buffer.from(state));
    if (!isOurs || way.expiresAt <= Date.now()) throw new InvalidStateError();
    const use = { hash: hash('sha256', `state\0${state}`, 'buffer'), expiresAt: new Date(way.expiresAt) };
    if (!(await this.used.use(use))) throw new InvalidStateError();
    return way;
  }

  /** Deletes the cookie of a sign-in that has ended. */
  forget(name: string, response: object): void {
    this.adapterHost.httpAdapter.clearCookie(response, WAY_COOKIE, this.attributesFor(name));
  }

  /** A response that the provider has the browser post is a cross-site request, which brings no other cookies. */
  private attributesFor(name: string) {
    const { preset } = this.directory.get(name).provider;
    const sameSite = preset.formPost ? 'none' : 'lax';
    return { path: '/', secure: true, httpOnly: true, sameSite } as const;
  }
}

/** Error for a provider whose users would have to sign in again there in vain. */
function neverSaysWhen(): InvalidInputError {
  return new InvalidInputError([
    {
      loc: ['body', 'prompt'],
      code: 'prompt_not_supported',
      msg: 'This provider does not say when its users have signed in.',
    },
  ]);
}

/** Error for a target that is not in the list. The list is not shown: it may name apps that are not public yet. */
function targetNotAllowed(): InvalidInputError {
  return new InvalidInputError([
    {
      loc: ['body', 'redirect_to'],
      code: 'redirect_not_allowed',
      msg: 'Users may not be redirected to this URL.',
    },
  ]);
}
