import {
  AstraClient,
  type Confirmation,
  cookieStorage,
  memoryStorage,
  type SessionStorage,
} from '../../src/client/index.js';

/** What the sign-in page hands to an application when somebody has signed in. */
export interface Door {
  /** URL of the API, such as `https://accounts.example.com/api/v1`. */
  readonly api: string;
  /** Whether the refresh token is in the service's cookie. Otherwise the session ends with the page. */
  readonly cookie: boolean;
  /** Features of the service: `webhooks`, `passkeys`, `apiKeys`, … */
  readonly features: readonly string[];
  readonly roles: readonly string[];
  /** Name of the service. */
  readonly product: string;
  readonly tokens: DoorTokens;
  /** What a password must be, as sentences. */
  readonly rules: readonly string[];
  /** Messages that replace those of the API: of fields by `code` or `field.code`, of problems by code. */
  readonly messages: {
    readonly fields: Readonly<Record<string, string>>;
    readonly problems: Readonly<Record<string, string>>;
  };
  /** What API keys can be created with: days at most, and scopes with the roles that can use them. */
  readonly keys: {
    readonly maxDays: number;
    readonly scopes: readonly [string, 'all' | readonly string[]][];
  };
  /** Providers that users can sign in with. */
  readonly providers: readonly ProviderChoice[];
  /**
   * Has the user sign in with a provider in a window of its own. There is one visit at a time: an earlier one ends.
   *
   * @param begin - Called with the URL to which the provider leads back, and the challenge of a new verifier; returns the URL of the
   *   provider.
   * @param opened - Called with the URL of the provider, for a link: browsers may refuse to open windows by themselves.
   * @returns `null` if the visit was ended.
   */
  readonly visit: (begin: BeginVisit, opened: (url: string) => void) => Promise<VisitResult | null>;
  /** Ends the visit, if there is one. */
  readonly endVisit: () => void;
  /** Shows the sign-in again, above the application, which stays as it is until somebody has signed in. */
  readonly leave: (reason: 'signed-out' | 'expired' | 'deleted') => void;
}

/** A provider. */
export interface ProviderChoice {
  /** As in the API. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Whether it may count as two factors. */
  readonly countsTwice: boolean;
}

/** Begins a visit to a provider. */
export type BeginVisit = (redirectTo: string, challenge: string) => Promise<string>;

/** Parameter with which a provider has led back, one of them, and the verifier. */
export interface VisitResult {
  readonly code_verifier: string;
  readonly sign_in_token?: string;
  /** Name of the provider whose identity was connected. */
  readonly linked?: string;
  /** Code of a problem. */
  readonly error?: string;
}

/** Tokens of the sign-in. */
export interface DoorTokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  /** Seconds. */
  readonly expires_in: number;
}

/**
 * Returns a client for the session of the door.
 *
 * @param confirm - Asks for a proof of the identity. A request that needs one is sent again after it; if the user gives none,
 *   the request fails with the problem `reauthentication-required`.
 */
export function clientOf(door: Door, confirm: (request: Confirmation) => Promise<boolean>): AstraClient {
  const client = new AstraClient({ url: door.api, storage: storageOf(door), onReauthenticate: confirm });
  client.onChange((isSignedIn, cause) => {
    if (!isSignedIn) door.leave(cause === 'sign-out' ? 'signed-out' : 'expired');
  });
  return client;
}

function storageOf({ cookie, tokens }: Door): SessionStorage {
  const storage = cookie ? cookieStorage() : memoryStorage();
  // Earlier than at the end of its lifetime, as the client does with tokens that it gets itself.
  storage.set({ ...tokens, renew_at: Date.now() + tokens.expires_in * 900 });
  return storage;
}
