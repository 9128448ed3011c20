import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { UsersService } from '../../../users/users.service.js';
import { FactorConsequences } from '../factor-consequences.js';
import { NoFactorError } from '../factors.errors.js';
import { FactorsService } from '../factors.service.js';
import { RecoveryCodesService } from '../recovery-codes/recovery-codes.service.js';

/** Replaces recovery codes for their user. */
@Injectable()
export class OwnRecoveryCodesService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly factors: FactorsService,
    private readonly codes: RecoveryCodesService,
    private readonly consequences: FactorConsequences,
  ) {}

  /**
   * Replaces the recovery codes of the user.
   *
   * @returns the new codes, which are shown once.
   * @throws {NoFactorError} if the user has no second factor.
   */
  replace({ userId, sessionId }: SessionPrincipal, client: Client): Promise<string[]> {
    return this.db.transaction(async (tx) => {
      const user = await this.users.lockActive(userId, tx);
      if (!user || (await this.factors.namesOf(userId, tx)).length === 0) throw new NoFactorError();
      const codes = await this.codes.make(userId, tx);
      await this.consequences.codesReplaced({ user, actorId: userId, client, exceptSession: sessionId }, tx);
      return codes;
    });
  }
}
