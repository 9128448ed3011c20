/**
 * What decides which modules and routes there are. Nest has to know it before any provider is there, so where the other
 * options come from a factory these stand beside it.
 */
export interface ModuleOptions {
  /** Which routes there are. A route that is off is neither served nor in the OpenAPI document. Default all but the samples. */
  features?: Features;
  /** The name of the host's DataSource that knows Astra's entities. Default the one without a name. */
  dataSource?: string;
}

/** Parts of Astra that a host may leave out. Administration and pages are modules, to be imported or not. */
export interface Features {
  /**
   * `POST /auth/register`. Without it, administrators make the accounts, and routes of the host by
   * `RegistrationService`. Default `true`.
   */
  registration?: boolean;
  /**
   * All that goes by mail: verifying and changing an address, resetting a password, notices. Without it no message is
   * ever queued, and what needs a link is not there: a lost password, or one that too many failures have disabled, is replaced by
   * `PasswordChangeService.assign` in code of the host, or by the command `users set-password`. Default `true`.
   */
  mail?: boolean;
  /** `GET /users/admin-dashboard` and `GET /users/moderator-panel`, which show how roles work. Default `false`. */
  areas?: boolean;
  /**
   * `GET /.well-known/jwks.json` and `GET /.well-known/revocations`, for other services that verify access tokens.
   * Default `true`.
   */
  discovery?: boolean;
}

/** The features that are on. */
export type FeatureSet = Readonly<Required<Features>>;

/** @throws {RangeError} unless it is a name, or left out. */
export function checkedDataSource(dataSource: string | undefined): string | undefined {
  if (dataSource !== undefined && (typeof dataSource !== 'string' || dataSource === ''))
    throw new RangeError('dataSource must be the name of a DataSource, or be left out');
  return dataSource;
}

/**
 * Checks which features a host wants, and fills in the others.
 *
 * @throws {RangeError} naming the feature that is wrong.
 */
export function checkedFeatures(features: Features = {}): FeatureSet {
  const set = { registration: true, mail: true, areas: false, discovery: true };
  for (const [name, isOn] of Object.entries(features)) {
    if (!Object.hasOwn(set, name))
      throw new RangeError(`features has no "${name}", only: ${Object.keys(set).join(', ')}`);
    if (typeof isOn !== 'boolean') throw new RangeError(`features.${name} must be true or false`);
  }
  return { ...set, ...features };
}
