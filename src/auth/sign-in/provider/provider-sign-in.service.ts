import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import type { User } from '../../../users/user.entity.js';
import { EmailTakenError, UsernameTakenError } from '../../../users/users.errors.js';
import { IdentitiesService } from '../../providers/identities/identities.service.js';
import { certainEmailOf, type ProvenIdentity } from '../../providers/proven-identity.js';
import { IdentityTakenError } from '../../providers/providers.errors.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { SignInService } from '../sign-in.service.js';
import type { IdentityStep } from '../../providers/waiting/identity-sign-in.entity.js';
import { IdentityDecisions } from './deciding/identity-decisions.js';
import { IdentitySignIns } from '../../providers/waiting/identity-sign-ins.js';
import { NewcomersService } from './deciding/newcomers.service.js';
import {
  AccountLinkRequiredError,
  RegistrationClosedError,
  RegistrationRequiredError,
} from './provider-sign-in.errors.js';

/** Number of times that a sign-in is decided anew because another request has changed what it was based on. */
const MAX_DECISIONS = 3;

/** Signs in users whose identity at a provider is verified, and settled by {@link whoItIs}. */
@Injectable()
export class ProviderSignInService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly decisions: IdentityDecisions,
    private readonly newcomers: NewcomersService,
    private readonly identities: IdentitiesService,
    private readonly waiting: IdentitySignIns,
    private readonly signIns: SignInService,
  ) {}

  /**
   * Signs in with a verified identity, or says what is missing.
   *
   * @param identity - Verified, and used up: it must not be accepted a second time.
   * @throws {AccountLinkRequiredError | RegistrationRequiredError} with the token to continue with.
   * @throws {RegistrationClosedError} if there is no account, and nobody can create one here.
   * @throws errors of {@link SignInService.prove}.
   */
  async settle(identity: ProvenIdentity, client: Client): Promise<TokenPair> {
    for (let tries = 0; tries < MAX_DECISIONS; tries++) {
      const tokens = await this.decide(identity, client).catch((error: unknown) => {
        // Another request was first, with this identity or another one that has the same address.
        if (error instanceof EmailTakenError || error instanceof IdentityTakenError) return null;
        throw error;
      });
      if (tokens) return tokens;
    }
    throw new InvalidSignInError();
  }

  /**
   * Signs in with a username for the new account.
   *
   * @param token - Sign-in token. It stays valid if the username is taken.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, or was tried too often.
   * @throws {UsernameTakenError} if the username is taken.
   * @throws errors of {@link settle}.
   */
  async withUsername(token: string, username: string, client: Client): Promise<TokenPair> {
    const found = await this.waiting.count(token, 'username');
    if (!found) throw new InvalidSignInError();
    const { identity } = found;
    const decision = await this.decisions.decide(identity);
    if (decision.is === 'newcomer') {
      const user = await this.register(identity, username, client, token);
      if (user) return this.signInAs(user, identity, client).then(assertSignedIn);
    } else if (!(await this.waiting.consume(token, 'username'))) throw new InvalidSignInError();
    return this.settle(identity, client);
  }

  /** Decides once. Returns `null` if another request has changed what the decision was based on. */
  private async decide(identity: ProvenIdentity, client: Client): Promise<TokenPair | null> {
    const decision = await this.decisions.decide(identity);
    if (decision.is === 'known') return this.signInAs(decision.user, identity, client);
    if (decision.is === 'linkable') return this.link(decision.user, identity, client);
    if (decision.is === 'newcomer') return this.welcome(identity, client);
    if (decision.is === 'refused') throw new RegistrationClosedError();
    if (decision.is === 'nameless')
      throw new RegistrationRequiredError(await this.open(identity, 'email'), ['email']);
    const token = await this.open(identity, 'account');
    throw new AccountLinkRequiredError(token, await this.decisions.proofsOf(decision, token));
  }

  /** Creates the account, if the provider has said enough. */
  private async welcome(identity: ProvenIdentity, client: Client): Promise<TokenPair | null> {
    const username = this.newcomers.suggest(identity);
    try {
      const user = username && (await this.register(identity, username, client));
      if (user) return await this.signInAs(user, identity, client);
    } catch (error) {
      if (!(error instanceof UsernameTakenError)) throw error;
      // Perhaps by this very user, in a request at the same moment.
      if ((await this.decisions.decide(identity)).is !== 'newcomer') return null;
    }
    throw new RegistrationRequiredError(await this.open(identity, 'username'), ['username']);
  }

  /**
   * Creates an account, and uses the token up.
   *
   * @returns `null` if no address is certain, so there can be no account.
   */
  private async register(
    identity: ProvenIdentity,
    username: string,
    client: Client,
    token?: string,
  ): Promise<User | null> {
    const email = certainEmailOf(identity);
    if (email === null) return null;
    return this.newcomers.register(identity, { email, username }, client, async (tx) => {
      if (token && !(await this.waiting.consume(token, 'username', tx))) throw new InvalidSignInError();
    });
  }

  /** Connects the identity to an account that has verified the same address, and signs in. */
  private async link(user: User, identity: ProvenIdentity, client: Client): Promise<TokenPair | null> {
    const linked = await this.db.transaction((tx) =>
      this.decisions.linkUnlessChanged(user, identity, client, tx),
    );
    return linked ? this.signInAs(user, identity, client) : null;
  }

  /** Signs in as a user who has the identity. Returns `null` if the account or the identity has changed since. */
  private signInAs(user: User, identity: ProvenIdentity, client: Client): Promise<TokenPair | null> {
    return this.signIns.prove(
      user,
      {
        method: 'fed',
        reason: identity.provider,
        further: identity.hasTwoFactors ? ['mfa'] : [],
        hold: (tx) => this.identities.use(identity, user.id, tx),
      },
      client,
    );
  }

  /** Stores a sign-in that waits for its user. Returns its token. */
  private open(identity: ProvenIdentity, step: IdentityStep): Promise<string> {
    return this.waiting.open(identity, step, this.db.manager);
  }
}

/**
 * Returns the tokens of a sign-in.
 *
 * @throws {InvalidSignInError} if the account has changed meanwhile, such as by an admin.
 */
function assertSignedIn(tokens: TokenPair | null): TokenPair {
  if (!tokens) throw new InvalidSignInError();
  return tokens;
}
