/** Types of second factors. A recovery code stands in for one, and is none. */
export const factorTypes = ['totp', 'passkey'] as const;

/** Type of a second factor. */
export type FactorType = (typeof factorTypes)[number];

/**
 * Returns an SQL expression for the types of the second factors of a user, in the order of {@link factorTypes}. It reads the
 * tables of `src/auth/factors`, so that no caller needs a further query; only their services write them.
 *
 * @param userId - SQL expression of the user's id. A column needs the name of its table, as the tables of factors have an `id` too.
 */
export const factorTypesOf = (userId: string): string =>
  `array_remove(ARRAY[
     CASE WHEN EXISTS (SELECT FROM auth_totp WHERE user_id = ${userId} AND confirmed_at IS NOT NULL) THEN 'totp' END,
     CASE WHEN EXISTS (SELECT FROM auth_passkeys WHERE user_id = ${userId}) THEN 'passkey' END
   ], NULL)`;
