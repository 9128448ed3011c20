import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { Principal } from '../../access/principal.js';
import { NotFoundError } from '../../http/problem/problem.js';
import { UsersService } from '../../users/users.service.js';
import { FactorConsequences, type FactorChange } from './factor-consequences.js';
import { NoFactorError } from './factors.errors.js';
import { FactorsService } from './factors.service.js';
import { RecoveryCodesService } from './recovery-codes/recovery-codes.service.js';
import { TotpService } from './totp/totp.service.js';

/** Removes factors and replaces recovery codes. */
@Injectable()
export class OwnFactorsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly factors: FactorsService,
    private readonly totps: TotpService,
    private readonly codes: RecoveryCodesService,
    private readonly consequences: FactorConsequences,
  ) {}

  /**
   * Removes a factor of the user, and the recovery codes with the last one.
   *
   * @throws {NotFoundError} if the user does not have it.
   * @throws {FactorRequiredByRoleError} if the user's role requires one.
   */
  remove({ userId, sessionId }: Principal, id: string, client: Client): Promise<void> {
    return this.db.transaction(async (tx) => {
      const user = await this.users.lockActive(userId, tx);
      if (!user || (await this.totps.find(userId, tx))?.id !== id)
        throw new NotFoundError('Factor not found.');
      await this.totps.remove(userId, tx);
      await this.factors.settleRemoval(user, tx);
      const change = { user, actorId: userId, client, exceptSession: sessionId };
      await this.consequences.removed('totp', change, tx);
    });
  }

  /**
   * Removes all factors of an account. Recovery codes go too: alone they would ask for a factor that nobody can give.
   *
   * @param tx - Transaction that has locked the account's row.
   * @returns whether there was one.
   */
  async removeAll(change: FactorChange, tx: EntityManager): Promise<boolean> {
    const types = await this.factors.clear(change.user.id, tx);
    for (const type of types) await this.consequences.removed(type, change, tx);
    return types.length > 0;
  }

  /**
   * Replaces the recovery codes of the user.
   *
   * @returns the new codes, which are shown once.
   * @throws {NoFactorError} if the user has no second factor.
   */
  replaceCodes({ userId, sessionId }: Principal, client: Client): Promise<string[]> {
    return this.db.transaction(async (tx) => {
      const user = await this.users.lockActive(userId, tx);
      if (!user || (await this.factors.namesOf(userId, tx)).length === 0) throw new NoFactorError();
      const codes = await this.codes.make(userId, tx);
      await this.consequences.codesReplaced({ user, actorId: userId, client, exceptSession: sessionId }, tx);
      return codes;
    });
  }
}
