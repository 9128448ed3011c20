/** Offered algorithms of passkeys, the preferred one first: ES256, EdDSA, RS256 (COSE, RFC 9053 and 8812). */
export const ALGORITHMS = [-7, -8, -257] as const;
