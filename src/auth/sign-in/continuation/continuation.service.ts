import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import type { User } from '../../../users/user.entity.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { EnrolmentService } from '../../factors/enrolment.service.js';
import { FactorAttemptsService } from '../../factors/factor-attempts.service.js';
import { type FactorProof, FactorsService, type GivenProof } from '../../factors/factors.service.js';
import type { TotpSetup } from '../../factors/totp/totp-codes.js';
import { SignInService } from '../sign-in.service.js';
import { FactorRequiredError, InvalidSignInError } from './continuation.errors.js';
import { passkeyUseOf, PendingSignIns, type WaitingSignIn } from './pending-sign-ins.js';

/** Result of a sign-in with two factors. */
export interface ContinuedSignIn {
  tokens: TokenPair;
  /** Recovery codes if the factor was added by this sign-in. */
  recoveryCodes?: string[];
}

/** Continues sign-ins that need a second factor. */
@Injectable()
export class ContinuationService {
  constructor(
    private readonly pending: PendingSignIns,
    private readonly signIns: SignInService,
    private readonly factors: FactorsService,
    private readonly attempts: FactorAttemptsService,
    private readonly enrolment: EnrolmentService,
  ) {}

  /**
   * Starts the session of a sign-in with the code of a second factor. The first code of an app that was created by
   * {@link enrol} also confirms the app.
   *
   * @param token - Sign-in token.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, or was tried too often.
   * @throws {InvalidProofError} if the code is wrong.
   * @throws {TooManyRequestsError} if the account has to wait.
   * @throws errors of a host's hook.
   */
  async continue(token: string, given: GivenProof, client: Client): Promise<ContinuedSignIn> {
    const waiting = await this.pending.find(token);
    if (!waiting) throw new InvalidSignInError();
    const { userId } = waiting;
    const proof = await this.factors.prepare(given, userId, passkeyUseOf(token), client);
    const attempt = {
      ...{ userId, actorId: null, proof, client, isAfterPassword: true },
      count: async () => {
        const tries = await this.pending.count(token);
        if (tries === null) throw new InvalidSignInError();
        return tries;
      },
      use: (user: User, tx: EntityManager) => this.use(user, token, proof, client, tx),
    };
    return this.signIns.recordingRefusals({ id: userId }, client, () => this.attempts.take(attempt));
  }

  /**
   * Continues a sign-in that needs a second factor with a code that the client has sent along.
   *
   * @param signIn - Sign-in with the first proof.
   * @param totpCode - `undefined` if none was sent. Ignored if no factor is needed.
   * @throws {InvalidProofError} if the code is wrong.
   */
  async withCode(
    signIn: Promise<TokenPair>,
    totpCode: string | undefined,
    client: Client,
  ): Promise<TokenPair> {
    try {
      return await signIn;
    } catch (error) {
      if (totpCode === undefined || !(error instanceof FactorRequiredError)) throw error;
      return (await this.continue(error.signInToken(), { totpCode }, client)).tokens;
    }
  }

  /**
   * Creates the secret of an authenticator app for a user whose role requires a second factor.
   *
   * @param token - Sign-in token.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, or was tried too often.
   * @throws {FactorRequiredError} if the user already has a factor: a password alone adds none.
   */
  async enrol(token: string): Promise<TotpSetup> {
    const waiting = await this.pending.find(token);
    if (!waiting) throw new InvalidSignInError();
    const factors = await this.factors.namesOf(waiting.userId);
    if (factors.length > 0) throw new FactorRequiredError(token, factors, { expiresIn: waiting.secondsLeft });
    return this.enrolment.begin(waiting.userId);
  }

  /**
   * Uses the code and the sign-in, with the account locked.
   *
   * @returns `null` if the code is wrong; the transaction is then rolled back, so that the sign-in stays.
   */
  private async use(
    user: User,
    token: string,
    proof: FactorProof,
    client: Client,
    tx: EntityManager,
  ): Promise<ContinuedSignIn | null> {
    const isEnrolling = (await this.factors.namesOf(user.id, tx)).length === 0;
    // Used up first: the added factor ends all sign-ins that wait.
    const waiting = await this.pending.consume(token, tx);
    if (!waiting) throw new InvalidSignInError();
    return isEnrolling
      ? this.enrolled(user, waiting, proof, client, tx)
      : this.verified(user, waiting, proof, client, tx);
  }

  /** Confirms the app that the user has added during this sign-in. */
  private async enrolled(
    user: User,
    waiting: WaitingSignIn,
    proof: FactorProof,
    client: Client,
    tx: EntityManager,
  ): Promise<ContinuedSignIn | null> {
    const added =
      'totpCode' in proof && (await this.enrolment.confirmWhileSigningIn(user, proof.totpCode, client, tx));
    if (!added) return null;
    const tokens = await this.signIns.finish(user, waiting, 'otp', client, tx);
    return { tokens, recoveryCodes: added.recoveryCodes };
  }

  /** Uses a code of the user's app, or a recovery code. */
  private async verified(
    user: User,
    waiting: WaitingSignIn,
    proof: FactorProof,
    client: Client,
    tx: EntityManager,
  ): Promise<ContinuedSignIn | null> {
    const method = await this.factors.use(user, proof, client, tx);
    return method && { tokens: await this.signIns.finish(user, waiting, method, client, tx) };
  }
}
