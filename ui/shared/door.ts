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
  /** Result of a visit to a provider to connect an identity: its name, or the code of a problem. */
  readonly visit?: { readonly linked: string | null; readonly error: string | null };
  /** Shows the sign-in again, above the application, which stays as it is until somebody has signed in. */
  readonly leave: (reason: 'signed-out' | 'expired' | 'deleted') => void;
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
