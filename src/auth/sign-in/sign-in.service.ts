import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { factorsOf, type SignInMethod } from '../../access/sign-in-methods.js';
import { InvalidInputError, Problem } from '../../http/problem/problem.js';
import { TooManyRequestsError } from '../../rate-limit/rate-limit.errors.js';
import type { User } from '../../users/user.entity.js';
import { InvalidProofError } from '../factors/factors.errors.js';
import { ChallengeExpiredError, PasskeyExistsError } from '../factors/passkeys/passkeys.errors.js';
import { SessionsService, type SessionStart } from '../sessions/sessions.service.js';
import { type TokenPair, TokenPairs } from '../tokens/token-pairs.js';
import {
  FactorEnrolmentRequiredError,
  FactorRequiredError,
  InvalidSignInError,
} from './continuation/continuation.errors.js';
import type { WaitingSignIn } from './continuation/pending-sign-ins.js';
import { type NextStep, SignInSteps } from './continuation/sign-in-steps.js';
import { methodsOf, type Proof } from './proof.js';
import { SignInChecks } from './sign-in-checks.js';
import { SignInTrail } from './sign-in-trail.js';

/** Refusals that are no decision of a hook, and are recorded where they are made. */
const ownRefusals = [
  ChallengeExpiredError,
  InvalidInputError,
  InvalidSignInError,
  PasskeyExistsError,
  TooManyRequestsError,
];

/**
 * Starts sessions. Every way in verifies a proof and calls {@link SignInService.prove}; no session starts anywhere
 * else.
 */
@Injectable()
export class SignInService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly checks: SignInChecks,
    private readonly steps: SignInSteps,
    private readonly sessions: SessionsService,
    private readonly tokenPairs: TokenPairs,
    private readonly trail: SignInTrail,
  ) {}

  /**
   * Starts a session for a user with a verified proof, unless the account or a hook of the host forbids it.
   *
   * @returns `null` if the proof no longer holds because the account was changed meanwhile.
   * @throws {InactiveUserError} if the account is deactivated.
   * @throws {EmailNotVerifiedError} if the settings require a verified email address.
   * @throws {TooManyRequestsError} if there were too many sign-ins to the account.
   * @throws {FactorRequiredError | FactorEnrolmentRequiredError} if the account also needs a second factor.
   * @throws errors of a host's hook.
   */
  async prove(user: User, proof: Proof, client: Client): Promise<TokenPair | null> {
    await this.admit(user, proof, client);
    // Refusals that ask for another proof are thrown after the transaction: they must not roll back what they need.
    const begun = await this.recordingRefusals(user, client, () =>
      this.db.transaction(async (tx) => {
        if (!(await proof.hold(tx))) return null;
        const next = await this.steps.findNext(user, proof, tx);
        return next ?? this.start(user, { client, ...proof, methods: methodsOf(proof) }, tx);
      }),
    );
    if (begun && 'token' in begun) return this.askFor(begun, user, proof, client);
    return begun;
  }

  /**
   * Checks whether a user with a verified proof may sign in, counts the sign-in, and does the slow work of the proof. Called
   * once by each way in, with the first proof.
   *
   * @throws errors of the account: see {@link SignInService.prove}.
   */
  async admit(user: User, proof: Proof, client: Client): Promise<void> {
    await this.checks.assertMaySignIn(user, proof, client);
    await proof.prepare?.();
  }

  /**
   * Starts the session of a sign-in that was used up, in the transaction that has used its second factor. Called by
   * `ContinuationService` only.
   *
   * @throws {Error} unless its proofs are of two kinds. This is a programming error.
   */
  async finish(
    user: Pick<User, 'id'>,
    { methods, sessionId }: Pick<WaitingSignIn, 'methods' | 'sessionId'>,
    method: SignInMethod,
    client: Client,
    tx: EntityManager,
  ): Promise<TokenPair> {
    const all = [...methods, method];
    if (factorsOf(all) < 2) throw new Error('A sign-in continues with a proof of another kind');
    return this.start(user, { client, methods: all, sessionId: sessionId ?? undefined, method }, tx);
  }

  /** Runs work that starts a session, and records if a hook of the host refuses it. */
  async recordingRefusals<T>(user: Pick<User, 'id'>, client: Client, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof InvalidProofError) this.trail.outcomes.wrong_factor++;
      else if (error instanceof Problem && !ownRefusals.some((type) => error instanceof type))
        await this.trail.recordFailure(user, 'refused_by_application', client);
      throw error;
    }
  }

  /** The only call of `SessionsService.start`, which a lint rule checks. */
  private async start(
    user: Pick<User, 'id'>,
    { reason, method, ...start }: SessionStart & { reason?: string; method?: SignInMethod },
    tx: EntityManager,
  ): Promise<TokenPair> {
    const session = await this.sessions.start(user, start, tx);
    const isSecond = start.methods.length > 1;
    await this.trail.recordSuccess(user, start.client, { reason, method: isSecond ? method : undefined }, tx);
    this.trail.outcomes.success++;
    return this.tokenPairs.issue(session);
  }

  /** Rejects the sign-in with the token of its next step, after the transaction that stored it. */
  private async askFor(
    { token, factors, passkeyOptions, addable }: NextStep,
    user: User,
    proof: Proof,
    client: Client,
  ): Promise<never> {
    if (factors.length > 0) {
      this.trail.outcomes.factor_required++;
      throw new FactorRequiredError(token, factors, { passkeyOptions });
    }
    await this.checks.assertMayEnrol(user, proof, client);
    this.trail.outcomes.factor_required++;
    throw new FactorEnrolmentRequiredError(token, addable);
  }
}
