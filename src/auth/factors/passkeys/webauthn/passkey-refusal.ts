/**
 * Rejection of a response of an authenticator. The message is the reason, for the log only: clients receive
 * the same error for all reasons.
 */
export class PasskeyRefusal extends Error {}
