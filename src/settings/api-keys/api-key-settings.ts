import type { FeatureSet } from '../module-options.js';
import { Role } from '../role.js';
import type { RoleName } from '../roles-option.js';

/** API keys, and the scopes of the host's own routes. */
export interface ApiKeyOptions {
  /**
   * First part of each token: `astra_pat_…`. 2 to 20 lowercase letters and digits, of which the first is a letter. Never change
   * it: keys with another prefix are no longer accepted. Default `astra`.
   */
  prefix?: string;
  /** Maximum lifetime of a key in days. 1 to 365; default 365. */
  maxDays?: number;
  /**
   * Scopes of the host's own routes, as in `@Scopes()`: `['invoice:read', 'invoice:write']`. Keys can be created with them.
   * Default none.
   */
  scopes?: readonly string[];
}

/** Roles that can use a scope; `all` for any role. */
type UsableBy = 'all' | readonly RoleName[];

/** Validated option `apiKeys`, with defaults. */
export interface ApiKeySettings {
  readonly prefix: string;
  readonly maxDays: number;
  /** All scopes, with the roles that can use them. */
  readonly scopes: ReadonlyMap<string, UsableBy>;
}

/** Scopes of Astra's own routes. */
const ownScopes = ['profile:read', 'users:read', 'users:write', 'audit:read'] as const;

/** Default lifetime of a key in days, unless the maximum is shorter. */
export const DEFAULT_API_KEY_DAYS = 90;

/** Scope-token (RFC 6749, 3.3), without quotes and backslashes, which would end the header field. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/;

/**
 * Validates the option `apiKeys`, and fills in the defaults.
 *
 * @throws {RangeError} with the name of an invalid option and its valid values, but never its value.
 */
export function apiKeySettings(
  { prefix = 'astra', maxDays = 365, scopes = [] }: ApiKeyOptions,
  { admin }: Pick<FeatureSet, 'admin'>,
): ApiKeySettings {
  if (!isApiKeyPrefix(prefix))
    throw new RangeError('apiKeys.prefix must be 2 to 20 lowercase letters and digits, a letter first');
  if (!Number.isInteger(maxDays) || maxDays < 1 || maxDays > 365)
    throw new RangeError('apiKeys.maxDays must be a whole number from 1 to 365');
  // The routes of the admin scopes do not exist without the feature.
  const own: [string, UsableBy][] = [['profile:read', 'all']];
  if (admin)
    own.push(
      ['users:read', [Role.Admin, Role.Moderator]],
      ['users:write', [Role.Admin, Role.Moderator]],
      ['audit:read', [Role.Admin]],
    );
  for (const scope of scopes) {
    if (typeof scope !== 'string' || !SCOPE.test(scope) || ownScopes.some((one) => one === scope))
      throw new RangeError(
        `apiKeys.scopes must be words of up to 64 characters such as invoice:read, other than ${ownScopes.join(', ')}`,
      );
  }
  return { prefix, maxDays, scopes: new Map([...own, ...scopes.map((one) => [one, 'all'] as const)]) };
}

/** Returns whether text can be the first part of tokens. */
export function isApiKeyPrefix(text: string): boolean {
  return /^[a-z][a-z0-9]{1,19}$/.test(text);
}
