import { createHash, randomBytes } from 'node:crypto';
import { CallbackUrls } from '../../src/auth/providers/callback-urls.js';
import { AuthSettings } from '../../src/settings/auth-settings.js';
import type { Answer, TestService } from './test-service.js';

/** Where the app under test receives its users: an URL of the service's own origin. */
export const APP = 'http://localhost:8000/signed-in';

/** Options of a browser's way. */
export interface WayOptions {
  redirectTo?: string;
  /** Access token of the user to whom the identity is to be connected. */
  linkAs?: string;
  /** Whether the user has to sign in at the provider again. */
  again?: boolean;
}

/** Browser that signs in with providers: it keeps the cookie, and the app in it keeps the verifier. */
export class ProviderBrowser {
  cookie: string | undefined;
  verifier = '';

  private readonly callbacks: CallbackUrls;

  constructor(private readonly service: TestService) {
    this.callbacks = service.app.get(CallbackUrls, { strict: false });
  }

  /** Begins, and returns the response. */
  async begin(name: string, { redirectTo = APP, linkAs, again }: WayOptions = {}): Promise<Answer> {
    this.verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(this.verifier).digest('base64url');
    const answer = linkAs
      ? await this.service.post(`/users/me/identities/${name}/authorize`, { redirect_to: redirectTo }, linkAs)
      : await this.service.post(`/auth/providers/${name}/authorize`, {
          redirect_to: redirectTo,
          code_challenge: challenge,
          ...(again && { prompt: 'login' }),
        });
    this.keep(answer);
    return answer;
  }

  /** Signs in at the provider, and returns the parameters that it sends back. */
  async visit(authorizationUrl: string): Promise<Record<string, string>> {
    const response = await fetch(authorizationUrl, { redirect: 'manual' });
    const location = response.headers.get('location');
    return location
      ? Object.fromEntries(new URL(location).searchParams)
      : ((await response.json()) as Record<string, string>);
  }

  /** Comes back from the provider. */
  async comeBack(
    name: string,
    parameters: Record<string, string>,
    { cookie = this.cookie, form = false }: { cookie?: string | null; form?: boolean } = {},
  ): Promise<Answer> {
    const text = new URLSearchParams(parameters);
    // At the root: the callback has no version, unlike the API.
    const { publicUrl } = this.service.app.get(AuthSettings, { strict: false });
    // A proxy removes the path of the public URL.
    const base = new URL(publicUrl).pathname.replace(/\/$/, '');
    const path = `/${new URL(this.callbacks.of(name)).pathname.slice(base.length)}`;
    const headers: Record<string, string> = cookie ? { cookie } : {};
    return form
      ? this.service.request('POST', path, { body: text, headers })
      : this.service.request('GET', `${path}?${text.toString()}`, { headers });
  }

  /** Goes the whole way, and returns the parameters at the app. */
  async walk(name: string, options: WayOptions & { form?: boolean } = {}): Promise<Record<string, string>> {
    const { status, body } = await this.begin(name, options);
    if (status !== 200) throw new Error(JSON.stringify(body));
    const answer = await this.comeBack(name, await this.visit(body.authorization_url), options);
    return this.targetOf(answer);
  }

  /** Parameters of the app's URL that a response redirects to. */
  targetOf(answer: Answer): Record<string, string> {
    const location = answer.headers.get('location');
    if (answer.status !== 303 || location === null) throw new Error(JSON.stringify(answer.body));
    return Object.fromEntries(new URL(location).searchParams);
  }

  /** Redeems the token at the end of the way. */
  redeem(sign_in_token: string, code_verifier = this.verifier): Promise<Answer> {
    return this.service.post('/auth/login/continue', { sign_in_token, code_verifier });
  }

  /** Goes the whole way, and redeems the token. */
  async signIn(name: string, options: WayOptions & { form?: boolean } = {}): Promise<Answer> {
    const { sign_in_token, ...others } = await this.walk(name, options);
    if (!sign_in_token) throw new Error(JSON.stringify(others));
    return this.redeem(sign_in_token);
  }

  private keep({ headers }: Answer): void {
    const [set] = headers.getSetCookie();
    if (set) this.cookie = set.split(';', 1)[0];
  }
}
