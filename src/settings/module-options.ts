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
}

/** Parts of Astra that a host can disable. Administration and pages are separate modules. */
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
   * `GET /.well-known/jwks.json` and `GET /.well-known/revocations`, for other services that verify access tokens.
   * Default `true`.
   */
  discovery?: boolean;
}

/** The features that are on. */
export type FeatureSet = Readonly<Required<Features>>;

/** @throws {RangeError} if it is neither a name nor omitted. */
export function checkedDataSource(dataSource: string | undefined): string | undefined {
  if (dataSource !== undefined && (typeof dataSource !== 'string' || dataSource === ''))
    throw new RangeError('dataSource must be the name of a DataSource, or be left out');
  return dataSource;
}

/**
 * Validates the features of a host, and fills in the defaults.
 *
 * @throws {RangeError} if a feature is invalid; the message names it.
 */
export function checkedFeatures(features: Features = {}): FeatureSet {
  const set = { registration: true, mail: true, roleDemo: false, discovery: true };
  for (const [name, isOn] of Object.entries(features)) {
    if (!Object.hasOwn(set, name))
      throw new RangeError(`features has no "${name}", only: ${Object.keys(set).join(', ')}`);
    if (typeof isOn !== 'boolean') throw new RangeError(`features.${name} must be true or false`);
  }
  return { ...set, ...features };
}
