/**
 * Options that determine modules and routes. Nest needs them before any provider exists, so they are set next
 * to the factory of the other options.
 */
export interface ModuleOptions {
  /**
   * Features with their routes. A disabled route is neither served nor in the OpenAPI document. Default all
   * except the samples.
   */
  features?: Features;
  /** Name of the host's DataSource with Astra's entities. Default the unnamed one. */
  dataSource?: string;
  /** Path of Astra's routes below the application's prefix, such as `accounts`, except of pages. Default none. */
  path?: string;
}

/** Parts of Astra that a host can enable and disable. */
export interface Features {
  /**
   * `POST /auth/register`. Without it, accounts are created by admins, or by routes of the host with
   * `RegistrationService`. Default `true`.
   */
  registration?: boolean;
  /**
   * Everything that uses email: verifying and changing an email address, resetting a password, notices.
   * Without it, no message is queued, and routes that need a link do not exist: a password that was lost, or
   * disabled after too many failures, is replaced with `PasswordChangeService.assign` in the host's code, or
   * with the command `users set-password`. Default `true`.
   */
  mail?: boolean;
  /** `GET /users/admin-dashboard` and `GET /users/moderator-panel`, which show how roles work. Default `false`. */
  roleDemo?: boolean;
  /**
   * Second factors: authenticator apps and recovery codes. Without it, no sign-in needs one, not even of accounts that
   * have one. Default `true`.
   */
  secondFactor?: boolean;
  /**
   * `GET /.well-known/jwks.json` and `GET /.well-known/revocations`, for other services that verify access tokens.
   * Default `true`.
   */
  discovery?: boolean;
  /**
   * Passkeys: `/users/me/passkeys`, and signing in with them. Default `true`, unless browsers would refuse them at
   * `publicUrl`: they need a domain with https, or `localhost`.
   */
  passkeys?: boolean;
  /**
   * Signing in with a code by email: `POST /auth/email-code`. Requires `mail`, and email addresses that are verified. Default
   * `false`.
   */
  emailCode?: boolean;
  /**
   * Signing in with other providers, those of the option `providers`, and the identities of users there. Default `true`.
   */
  providers?: boolean;
  /**
   * Accounts without a password: `POST /auth/register` takes none, and the link in the message then lets the owner of the email
   * address add a passkey or a password. Requires `mail`, and email addresses that are verified. Default `false`.
   */
  passwordless?: boolean;
  /**
   * API keys: `/users/me/api-keys`, and requests with a key instead of an access token. Without it, existing keys are refused.
   * Default `true`.
   */
  apiKeys?: boolean;
  /** Administration of users, sessions and the audit trail, at `/admin`. Default `true`. */
  admin?: boolean;
  /**
   * Webhooks: events of accounts, sent to endpoints of other systems that admins name at `/admin/webhooks`. Requires
   * `admin`. Default `false`.
   */
  webhooks?: boolean;
  /**
   * Pages for emailed links, and to sign in, at `account/…` below the application's prefix, without a version. Links lead
   * to them automatically. Default `true` where `mail` is.
   */
  pages?: boolean | PagesOptions;
  /**
   * Console for admins and moderators, at `console` below the prefix of the pages. Requires `pages` and `admin`. Default
   * `false`.
   */
  console?: boolean;
  /**
   * Messages of a `DevMailbox`, which must then be the option `mail.mailer`, at `dev/mail` below the application's
   * prefix, only for browsers on the same machine. Default `false`.
   */
  devMail?: boolean;
}

/** Paths of the pages for emailed links and of the API. */
export interface PagesOptions {
  /** Path of the pages below the application's prefix. Default none. */
  path?: string;
  /** Path of the API below the prefix of the pages, such as `/api/v1`. Default the path at which this application serves it. */
  apiPath?: string;
}

/** Enabled features. */
export type FeatureSet = Readonly<Required<Omit<Features, 'pages'>>> & {
  /** `false`, or the paths of the pages. */
  readonly pages: false | { readonly path: string; readonly apiPath?: string };
};

/**
 * Validates the option `dataSource`.
 *
 * @throws {RangeError} if it is neither a name nor omitted.
 */
export function checkedDataSource(dataSource: string | undefined): string | undefined {
  if (dataSource !== undefined && (typeof dataSource !== 'string' || dataSource === ''))
    throw new RangeError('dataSource must be the name of a DataSource, or be left out');
  return dataSource;
}

/**
 * Validates the option `path`.
 *
 * @throws {RangeError} if it is not a path.
 */
export function checkedPath(path = '', name = 'path'): string {
  if (typeof path !== 'string' || !/^[^\s?#]*$/.test(path))
    throw new RangeError(`${name} must be a path, such as accounts`);
  return path;
}

/**
 * Validates the features of a host, and fills in the defaults.
 *
 * @throws {RangeError} if a feature is invalid; the message names it.
 */
export function checkedFeatures({ pages, ...features }: Features = {}): FeatureSet {
  const set = {
    registration: true,
    mail: true,
    roleDemo: false,
    discovery: true,
    secondFactor: true,
    passkeys: true,
    emailCode: false,
    passwordless: false,
    providers: true,
    apiKeys: true,
    admin: true,
    webhooks: false,
    console: false,
    devMail: false,
  };
  for (const [name, isOn] of Object.entries(features)) {
    if (!Object.hasOwn(set, name))
      throw new RangeError(`features has no "${name}", only: ${[...Object.keys(set), 'pages'].join(', ')}`);
    if (typeof isOn !== 'boolean') throw new RangeError(`features.${name} must be true or false`);
  }
  const checked = { ...set, ...features };
  for (const name of ['emailCode', 'passwordless'] as const)
    if (checked[name] && !checked.mail) throw new RangeError(`features.${name} requires features.mail`);
  if (checked.webhooks && !checked.admin) throw new RangeError('features.webhooks requires features.admin');
  const own = checkedPages(pages ?? checked.mail, checked.mail);
  if (checked.console && !(own && checked.admin))
    throw new RangeError('features.console requires features.pages and features.admin');
  return { ...checked, pages: own };
}

function checkedPages(pages: boolean | PagesOptions, mail: boolean): FeatureSet['pages'] {
  if (pages === false) return false;
  if (!mail) throw new RangeError('features.pages requires features.mail');
  if (pages === true) return { path: '' };
  if (typeof pages !== 'object' || pages === null)
    throw new RangeError('features.pages must be true, false, or an object with path and apiPath');
  const { apiPath } = pages;
  if (apiPath !== undefined && !/^(\/[^\s/?#]+)*$/.test(apiPath))
    throw new RangeError('features.pages.apiPath must begin with a slash, and not end with one');
  return { path: checkedPath(pages.path, 'features.pages.path'), apiPath };
}
