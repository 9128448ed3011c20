import { AccountEvent } from '../../../users/events/account-events.js';
import type { Claims } from '../../../settings/providers/presets.js';
import type { ProviderAnswer } from '../client/provider-client.js';
import type { ProviderTokens } from '../proven-identity.js';

/** Event: an identity at a provider was connected to an account, and may sign in to it. */
export class IdentityLinked extends AccountEvent {
  constructor(
    userId: string,
    readonly provider: string,
    /** Id of the identity in the API. */
    readonly identityId: string,
    readonly issuer: string,
    /** Id of the user at the issuer. */
    readonly subject: string,
  ) {
    super(userId);
  }
}

/** Event: an identity was removed from an account by its user. */
export class IdentityUnlinked extends AccountEvent {
  constructor(
    userId: string,
    readonly provider: string,
    readonly identityId: string,
  ) {
    super(userId);
  }
}

/**
 * Event: a provider has described a user. Only here can the provider's tokens be read: Astra does not store them,
 * so a host that needs them stores them in a hook, encrypted, under `issuer` and `subject`.
 *
 * The account may be unknown at this time, so {@link AccountEvent.userId} is empty; {@link IdentityLinked}
 * names the account.
 */
export class IdentityProven extends AccountEvent {
  constructor(
    readonly provider: string,
    readonly issuer: string,
    readonly subject: string,
    readonly claims: Claims,
    readonly tokens: ProviderTokens,
  ) {
    super('');
  }
}

/** Creates the event for an answer. It has the provider's tokens, which are stored nowhere. */
export function provenEvent({ identity, claims, tokens }: ProviderAnswer): IdentityProven {
  const { provider, issuer, subject } = identity;
  return new IdentityProven(provider, issuer, subject, claims, tokens);
}
