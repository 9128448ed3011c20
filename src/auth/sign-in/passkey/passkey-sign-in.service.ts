import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import type { User } from '../../../users/user.entity.js';
import { UsersService } from '../../../users/users.service.js';
import { Ceremonies, methodOf } from '../../factors/passkeys/ceremonies.js';
import type { ChallengeUse } from '../../factors/passkeys/challenges.js';
import { PasskeyProofsService } from '../../factors/passkeys/passkey-proofs.service.js';
import { InvalidPasskeyError, UnknownPasskeyError } from '../../factors/passkeys/passkeys.errors.js';
import type { Assertion } from '../../factors/passkeys/webauthn/responses.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { SignInService } from '../sign-in.service.js';
import { SignInTrail } from '../sign-in-trail.js';

/** Anybody may ask for the options of a sign-in. */
const LOGIN = { purpose: 'login' } as const;
/** A passkey replaces the password only together with a PIN or biometrics: it is then two factors. */
const VERIFICATION = { userVerified: true } as const;

/** Passkey of one account, and the consequence of its signature besides the session. */
export interface PasskeyConsequence {
  /** Use that its challenge was issued for. */
  readonly use: ChallengeUse;
  /** User who has to own it. */
  readonly owner: string;
  readonly sessionId: string;
  /** Called in the transaction of the sign-in, with the account locked. If it throws, there is no sign-in. */
  hold(user: User, tx: EntityManager): Promise<void>;
}

/** Sign-in with a passkey alone, without a username. */
@Injectable()
export class PasskeySignInService {
  constructor(
    private readonly users: UsersService,
    private readonly ceremonies: Ceremonies,
    private readonly proofs: PasskeyProofsService,
    private readonly signIns: SignInService,
    private readonly trail: SignInTrail,
  ) {}

  /** Returns the options with which a browser offers the passkeys that it has for this site. They name no account. */
  options(): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return this.ceremonies.requestOptions(LOGIN, VERIFICATION);
  }

  /**
   * Signs in with a passkey. A new device is reported to the user by email.
   *
   * @param then - Account whose passkey it has to be, and what else depends on it. Default any account, and nothing.
   * @throws {UnknownPasskeyError} if there is no passkey with this credential id.
   * @throws {InvalidPasskeyError} if it is refused for any other reason.
   * @throws {InactiveUserError | EmailNotVerifiedError | TooManyRequestsError} and errors of a host's hook, only after a
   *   valid signature.
   */
  async signIn(assertion: Assertion, client: Client, then?: PasskeyConsequence): Promise<TokenPair> {
    const verified = await this.proofs
      .verify(assertion, then?.use ?? LOGIN, { ...VERIFICATION, owner: then?.owner }, client)
      .catch(async (error: unknown) => {
        if (error instanceof UnknownPasskeyError)
          await this.trail.recordFailure(null, 'unknown_passkey', client);
        if (error instanceof InvalidPasskeyError)
          await this.trail.recordFailure(null, 'invalid_passkey', client);
        throw error;
      });
    const { passkey } = verified;
    const { user } = passkey;
    const tokens = await this.signIns.prove(
      user,
      {
        method: methodOf(passkey),
        further: ['user'],
        reason: 'passkey',
        sessionId: then?.sessionId,
        // The account is locked before the passkey, in the same order as everywhere else.
        hold: async (tx) => {
          if (!(await this.users.lockActive(user.id, tx))) return false;
          if (!(await this.ceremonies.record(verified, tx))) return false;
          await then?.hold(user, tx);
          return true;
        },
      },
      client,
    );
    return tokens ?? this.refuse(user, client);
  }

  /** Records and refuses a passkey that was used at the same time, or removed, since it was verified. */
  private async refuse(user: User, client: Client): Promise<never> {
    await this.trail.recordFailure(user, 'invalid_passkey', client);
    throw new InvalidPasskeyError();
  }
}
