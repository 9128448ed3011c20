import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { NotFoundError } from '../../http/problem/problem.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { FactorConsequences } from './factor-consequences.js';
import { InvalidProofError } from './factors.errors.js';
import { FactorsService } from './factors.service.js';
import type { Totp } from './totp/totp.entity.js';
import type { TotpSetup } from './totp/totp-codes.js';
import { TotpService } from './totp/totp.service.js';

/** Name of an app that was not named. */
const DEFAULT_NAME = 'Authenticator app';

/** Added factor. */
export interface AddedFactor {
  factor: Totp;
  /** Recovery codes, which are shown once. */
  recoveryCodes: string[];
}

/** Adds authenticator apps to accounts. */
@Injectable()
export class EnrolmentService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly totps: TotpService,
    private readonly factors: FactorsService,
    private readonly sessions: SessionsService,
    private readonly consequences: FactorConsequences,
  ) {}

  /**
   * Creates the secret of an app that its user has yet to confirm.
   *
   * @throws {FactorExistsError} if the user already has one.
   */
  begin(userId: string, name: string = DEFAULT_NAME): Promise<TotpSetup & { id: string }> {
    return this.db.transaction(async (tx) => {
      const user = await this.users.lockActive(userId, tx);
      if (!user) throw new NotFoundError('User not found.');
      return this.totps.begin(user, name, tx);
    });
  }

  /**
   * Confirms an app with its first code. If it is the first factor, other sessions end; this one counts as started with two factors from now on.
   *
   * @throws {NotFoundError} if the id is not that of the user's newest unconfirmed app.
   * @throws {InvalidProofError} if the code is wrong.
   */
  confirm(
    { userId, sessionId }: Pick<SessionPrincipal, 'userId' | 'sessionId'>,
    id: string,
    code: string,
    client: Client,
  ): Promise<AddedFactor> {
    return this.db.transaction(async (tx) => {
      const user = await this.users.lockActive(userId, tx);
      if (!user || (await this.totps.findUnconfirmed(userId, tx)) !== id)
        throw new NotFoundError('Factor not found.');
      const added = await this.finish(user, id, code, { client, exceptSession: sessionId }, tx);
      // Not counted: the user who sends this code was just shown its secret.
      if (!added) throw new InvalidProofError();
      await this.sessions.renew(sessionId, 'otp', tx);
      return added;
    });
  }

  /**
   * Confirms the newest unconfirmed app of a user who is signing in.
   *
   * @returns `null` if there is none, or the code is wrong.
   */
  async confirmWhileSigningIn(
    user: User,
    code: string,
    client: Client,
    tx: EntityManager,
  ): Promise<AddedFactor | null> {
    const id = await this.totps.findUnconfirmed(user.id, tx);
    return id === null ? null : this.finish(user, id, code, { client }, tx);
  }

  /** Confirms an app, creates the recovery codes, and ends the other sessions. Returns `null` if the code is wrong. */
  private async finish(
    user: User,
    id: string,
    code: string,
    circumstances: { client: Client; exceptSession?: string },
    tx: EntityManager,
  ): Promise<AddedFactor | null> {
    if (!(await this.totps.confirm(id, user.id, code, tx))) return null;
    const recoveryCodes = await this.factors.makeFirstCodes(user.id, tx);
    const isFirst = recoveryCodes.length > 0;
    await this.consequences.added({ user, actorId: user.id, isFirst, ...circumstances }, tx);
    const factor = await this.totps.find(user.id, tx);
    return factor && { factor, recoveryCodes };
  }
}
