import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { certainEmailOf } from '../../providers/proven-identity.js';
import { IdentitySignIns, type WaitingIdentity } from '../../providers/waiting/identity-sign-ins.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { type BegunSignIn, BegunSignIns, type CodeUse } from '../email-code/begun-sign-ins.js';
import { ProviderSignInService } from './provider-sign-in.service.js';

/**
 * Sign-ins with providers that go on with a code by email: one proves the account that has the address of an identity, or
 * confirms the address that the user names because the provider has verified none.
 */
@Injectable()
export class IdentityCodeSignIns {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly waiting: IdentitySignIns,
    private readonly providerSignIn: ProviderSignInService,
    begun: BegunSignIns,
  ) {
    begun.serve((token) => this.find(token));
  }

  /** Finds the sign-in of a token; `null` if none waits for a code. */
  private async find(token: string): Promise<BegunSignIn | null> {
    const found = await this.waiting.findForCode(token);
    if (!found) return null;
    const { identity, sessionId, secondsLeft, step } = found;
    return {
      email: step === 'account' ? certainEmailOf(identity) : null,
      ...{ sessionId, secondsLeft },
      name: (email) => this.waiting.name(token, email),
      // The code was sent to the address of this account, so its owner is the user of the provider.
      claim: ({ id }, tx) => this.waiting.claim(token, id, tx),
      welcome: (use, client) => this.welcome(token, found, use, client),
    };
  }

  /** Goes on with the address as one that is certain: its owner gets an account, or chooses a username first. */
  private async welcome(
    token: string,
    { identity: { namedEmail, ...identity } }: WaitingIdentity,
    use: CodeUse,
    client: Client,
  ): Promise<TokenPair> {
    if (namedEmail === undefined) throw new InvalidSignInError();
    const isConfirmed = await this.db.transaction(
      async (tx) => (await use(namedEmail, tx)) && (await this.waiting.consume(token, 'email', tx)),
    );
    if (!isConfirmed) throw new InvalidSignInError();
    return this.providerSignIn.settle({ ...identity, confirmedEmail: namedEmail }, client);
  }
}
