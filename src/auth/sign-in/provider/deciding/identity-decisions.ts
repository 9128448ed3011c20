import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../../access/client.decorator.js';
import { AuthSettings } from '../../../../settings/auth-settings.js';
import { emailOf } from '../../../../users/service-accounts/email-of.js';
import type { User } from '../../../../users/user.entity.js';
import { UsersService } from '../../../../users/users.service.js';
import { IdentitiesService } from '../../../providers/identities/identities.service.js';
import { certainEmailOf, type ProvenIdentity } from '../../../providers/proven-identity.js';
import { AccountProofs, type OfferedProofs } from './account-proofs.js';
import { type Decision, whoItIs } from './who-it-is.js';

/** Finds what {@link whoItIs} decides about. */
@Injectable()
export class IdentityDecisions {
  constructor(
    private readonly users: UsersService,
    private readonly identities: IdentitiesService,
    private readonly proofs: AccountProofs,
    private readonly settings: AuthSettings,
  ) {}

  /** Decides who a user of a provider is. */
  async decide(identity: ProvenIdentity): Promise<Decision> {
    const { features, providers } = this.settings;
    const address = certainEmailOf(identity);
    const account = address === null ? null : await this.users.findByLogin(address);
    // Last: if a request at the same moment has created the account, it has connected the identity as well.
    const known = await this.identities.findUser(identity);
    const rules = { linking: providers.linking, registration: features.registration };
    return whoItIs(identity, { known, account }, rules);
  }

  /** Returns the proofs that an account needs one of. See {@link AccountProofs.of}. */
  proofsOf(decision: Extract<Decision, { is: 'account' }>, token: string): Promise<OfferedProofs> {
    return this.proofs.of(decision, token);
  }

  /**
   * Connects an identity to an account whose email address is still the verified one.
   *
   * @returns `false` if the account has changed.
   * @throws {IdentityTakenError} if the identity belongs to another account.
   */
  async linkUnlessChanged(
    owner: User,
    identity: ProvenIdentity,
    client: Client,
    tx: EntityManager,
  ): Promise<boolean> {
    const user = await this.users.lockByEmail(emailOf(owner), tx);
    if (user?.id !== owner.id || !user.emailVerifiedAt || !user.isActive) return false;
    await this.identities.link(identity, user, client, tx);
    return true;
  }
}
