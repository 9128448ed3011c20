import type { AstraOptions } from './astra-options.js';
import type { FeatureSet } from './module-options.js';
import type { RoleMap, RoleName } from './roles-option.js';

/** Validated option `secondFactor`, with defaults. It has no effect where `features.secondFactor` is `false`. */
export interface SecondFactorSettings {
  /** Roles whose users must have a second factor. */
  readonly required: 'all' | ReadonlySet<string>;
  /** Name of the service in authenticator apps. */
  readonly issuer: string;
}

/**
 * Validates the option `secondFactor`.
 *
 * @throws {RangeError} with the name of an invalid option and its valid values.
 */
export function secondFactorSettings(
  option: AstraOptions['secondFactor'],
  { features, mail, roles }: { features: FeatureSet; mail: { productName: string }; roles: RoleMap },
): SecondFactorSettings {
  const { required = [], issuer = mail.productName.replaceAll(':', ' ') } = option ?? {};
  if (!/^[^:\p{Cc}]{1,80}$/u.test(issuer))
    throw new RangeError('secondFactor.issuer must be one line of 1 to 80 characters without a colon');
  if (required !== 'all' && !(Array.isArray(required) && required.every((role: RoleName) => roles.has(role))))
    throw new RangeError(
      `secondFactor.required must be 'all', or a list of: ${[...roles.keys()].join(', ')}`,
    );
  if (required.length > 0 && !features.secondFactor)
    throw new RangeError('secondFactor.required must be left out where features.secondFactor is false');
  return { required: required === 'all' ? required : new Set<string>(required), issuer };
}

/** Returns whether users with a role must have a second factor. */
export function requiresFactor(
  role: string,
  { features, secondFactor: { required } }: { features: FeatureSet; secondFactor: SecondFactorSettings },
): boolean {
  return features.secondFactor && (required === 'all' || required.has(role));
}
