import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { TooManyRequestsError } from '../../../rate-limit/rate-limit.errors.js';
import type { User } from '../../../users/user.entity.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { EnrolmentService } from '../../factors/enrolment.service.js';
import { FactorAttemptsService } from '../../factors/factor-attempts.service.js';
import { type FactorProof, FactorsService, type GivenProof, nameOf } from '../../factors/factors.service.js';
import { methodOf } from '../../factors/passkeys/ceremonies.js';
import {
  type NewPasskey,
  PasskeyEnrolmentService,
} from '../../factors/passkeys/changes/passkey-enrolment.service.js';
import type { Registration } from '../../factors/passkeys/webauthn/responses.js';
import type { TotpSetup } from '../../factors/totp/totp-codes.js';
import { methodsOf, type Proof } from '../proof.js';
import { SignInService } from '../sign-in.service.js';
import { FactorRequiredError, InvalidSignInError } from './continuation.errors.js';
import { passkeyUseOf, PendingSignIns, type WaitingSignIn } from './pending-sign-ins.js';

/** Result of a sign-in with two factors. */
export interface ContinuedSignIn {
  tokens: TokenPair;
  /** Recovery codes if the factor was added by this sign-in. */
  recoveryCodes?: string[];
}

/** Proof with which a sign-in continues. The signatures of passkeys were verified. */
type NextProof = FactorProof | { newPasskey: NewPasskey };

/** Rolls back the attempt with a code because the first proof no longer holds. The code was not looked at. */
class ProofChanged extends Error {}

/** Continues sign-ins that need a second factor. */
@Injectable()
export class ContinuationService {
  constructor(
    private readonly pending: PendingSignIns,
    private readonly signIns: SignInService,
    private readonly factors: FactorsService,
    private readonly attempts: FactorAttemptsService,
    private readonly enrolment: EnrolmentService,
    private readonly passkeys: PasskeyEnrolmentService,
  ) {}

  /**
   * Starts a session for a user with a verified proof, like {@link SignInService.prove}. A code that the client has sent along
   * is used in the transaction that holds the proof, so that no sign-in has to be stored in between.
   *
   * @param totpCode - `undefined` if none was sent. Ignored if the account has no factor.
   * @returns `null` if the first proof no longer holds.
   * @throws {InvalidProofError} if the code is wrong.
   * @throws errors of {@link SignInService.prove}.
   */
  async prove(
    user: User,
    proof: Proof,
    totpCode: string | undefined,
    client: Client,
  ): Promise<TokenPair | null> {
    if (totpCode === undefined || (await this.factors.namesOf(user.id)).length === 0)
      return this.signIns.prove(user, proof, client);
    await this.signIns.admit(user, proof, client);
    const waiting = { methods: methodsOf(proof), sessionId: proof.sessionId ?? null };
    const attempt = {
      ...{ userId: user.id, actorId: null, client, isAfterPassword: true, factor: 'totp' as const },
      lock: async (tx: EntityManager) => {
        if (!(await proof.hold(tx))) throw new ProofChanged();
        return user;
      },
      use: async (_: User, tx: EntityManager) => {
        const method = await this.factors.use(user, { totpCode }, client, tx);
        return method && this.signIns.finish(user, waiting, method, client, tx);
      },
    };
    return this.signIns
      .recordingRefusals(user, client, () => this.attempts.take(attempt))
      .catch((error: unknown) => {
        if (error instanceof ProofChanged) return null;
        throw error;
      });
  }

  /**
   * Starts the session of a sign-in with a second factor. The first code of an app that {@link enrolTotp} has created also
   * confirms the app, and a new passkey is added to the account.
   *
   * @param token - Sign-in token.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, or was tried too often.
   * @throws {InvalidProofError} if the proof is wrong, a signature of a passkey included.
   * @throws {TooManyRequestsError} if the account has to wait.
   * @throws {FactorRequiredError} for a new passkey, if the user already has a factor.
   * @throws errors of a new passkey: see {@link PasskeyEnrolmentService}. They are not counted, as there is nothing to guess.
   * @throws errors of a host's hook.
   */
  async continue(
    token: string,
    given: GivenProof | { newPasskey: Registration },
    client: Client,
  ): Promise<ContinuedSignIn> {
    const counted = await this.pending.count(token);
    if (!counted) throw new InvalidSignInError();
    const { userId } = counted;
    const uncount = async (error: unknown): Promise<never> => {
      // If this fails, too, the first error is reported.
      await this.pending.uncount(token).catch(() => undefined);
      throw error;
    };
    const proof = await this.prepare(token, userId, given, client).catch(uncount);

    let waiting: WaitingSignIn | null = null;
    const attempt = {
      ...{ ...counted, actorId: null, client, isAfterPassword: true },
      factor: 'newPasskey' in given ? ('passkey' as const) : nameOf(given),
      // Used up first: an added factor ends all sign-ins that wait.
      lock: async (tx: EntityManager) => {
        const locked = await this.pending.consumeWithUser(token, userId, tx);
        waiting = locked?.waiting ?? null;
        return locked?.user ?? null;
      },
      use: (user: User, tx: EntityManager) => this.use(user, waiting, proof, client, tx),
    };
    return this.signIns
      .recordingRefusals({ id: userId }, client, () => this.attempts.take(attempt))
      .catch((error: unknown) => {
        // Only the account has to wait, so the sign-in can be tried as often as before.
        if (error instanceof TooManyRequestsError) return uncount(error);
        throw error;
      });
  }

  /**
   * Creates the secret of an authenticator app for a user whose role requires a second factor.
   *
   * @param token - Sign-in token.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, or was tried too often.
   * @throws {FactorRequiredError} if the user already has a factor: a password alone adds none.
   */
  async enrolTotp(token: string): Promise<TotpSetup> {
    const { userId, purpose } = await this.findWithoutFactor(token);
    // An app is a second factor. This account needs a first one, or it could not sign in again.
    if (purpose === 'enrol') throw new InvalidSignInError();
    return this.enrolment.begin(userId).catch(endedIfGone);
  }

  /**
   * Returns the options for a passkey of a user whose role requires a second factor.
   *
   * @param token - Sign-in token.
   * @throws {NotFoundError} if there are no passkeys at the public URL.
   * @throws errors of {@link enrolTotp}.
   */
  async enrolPasskey(token: string): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const { userId } = await this.findWithoutFactor(token);
    if (!this.factors.addable.includes('passkey')) throw new NotFoundError();
    return this.passkeys.options(userId, passkeyUseOf('register', token)).catch(endedIfGone);
  }

  private async find(token: string): Promise<WaitingSignIn> {
    const waiting = await this.pending.find(token);
    if (!waiting) throw new InvalidSignInError();
    return waiting;
  }

  /** Finds a sign-in whose user may add the first factor. */
  private async findWithoutFactor(token: string): Promise<WaitingSignIn> {
    const waiting = await this.find(token);
    const { userId, secondsLeft: expiresIn } = waiting;
    const factors = await this.factors.namesOf(userId);
    if (factors.length === 0) return waiting;
    const passkeyOptions = await this.factors.passkeyOptions(userId, passkeyUseOf('second', token));
    throw new FactorRequiredError(token, factors, { expiresIn, passkeyOptions });
  }

  /** Verifies signatures, before the transaction that uses the proof. */
  private async prepare(
    token: string,
    userId: string,
    given: GivenProof | { newPasskey: Registration },
    client: Client,
  ): Promise<NextProof> {
    if (!('newPasskey' in given))
      return this.factors.prepare(given, userId, passkeyUseOf('second', token), client);
    await this.findWithoutFactor(token);
    return {
      newPasskey: await this.passkeys.verify(
        given.newPasskey,
        passkeyUseOf('register', token),
        'new_passkey',
      ),
    };
  }

  /**
   * Uses the code of a sign-in that was used up, with the account locked.
   *
   * @returns `null` if the code is wrong; the transaction is then rolled back, so that the sign-in stays.
   */
  private async use(
    user: User,
    waiting: WaitingSignIn | null,
    proof: NextProof,
    client: Client,
    tx: EntityManager,
  ): Promise<ContinuedSignIn | null> {
    if (!waiting) throw new InvalidSignInError();
    const method = 'newPasskey' in proof ? null : await this.factors.use(user, proof, client, tx);
    if (method) return { tokens: await this.signIns.finish(user, waiting, method, client, tx) };
    // A user who has a factor adds no further one while signing in: a password alone is not enough for that.
    if ((await this.factors.namesOf(user.id, tx)).length > 0) return null;
    return this.enrolled(user, waiting, proof, client, tx);
  }

  /** Adds the factor that the user has prepared during this sign-in. */
  private async enrolled(
    user: User,
    waiting: WaitingSignIn,
    proof: NextProof,
    client: Client,
    tx: EntityManager,
  ): Promise<ContinuedSignIn | null> {
    const added = await this.add(user, proof, client, tx);
    if (!added) return null;
    const { method, recoveryCodes } = added;
    return { tokens: await this.signIns.finish(user, waiting, method, client, tx), recoveryCodes };
  }

  /** Returns `null` if the proof adds no factor, or the code is wrong. */
  private async add(user: User, proof: NextProof, client: Client, tx: EntityManager) {
    if ('newPasskey' in proof) {
      const change = { user, actorId: user.id, client };
      const { passkey, recoveryCodes } = await this.passkeys.add(proof.newPasskey, undefined, change, tx);
      return { method: methodOf(passkey), recoveryCodes };
    }
    if (!('totpCode' in proof)) return null;
    const added = await this.enrolment.confirmWhileSigningIn(user, proof.totpCode, client, tx);
    return added && { method: 'otp' as const, recoveryCodes: added.recoveryCodes };
  }
}

/** The account was deleted, and the sign-in with it, since the sign-in was found. */
function endedIfGone(error: unknown): never {
  throw error instanceof NotFoundError ? new InvalidSignInError() : error;
}
