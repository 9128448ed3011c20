import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { UsersService } from '../../../users/users.service.js';
import { FactorConsequences } from '../factor-consequences.js';
import { FactorsService } from '../factors.service.js';
import { PasskeyRemovalService } from '../passkeys/changes/passkey-removal.service.js';
import { TotpService } from '../totp/totp.service.js';

/** Removes second factors for their user, whichever type they are of. */
@Injectable()
export class OwnFactorsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly factors: FactorsService,
    private readonly totps: TotpService,
    private readonly passkeys: PasskeyRemovalService,
    private readonly consequences: FactorConsequences,
  ) {}

  /**
   * Removes a factor of the user, and the recovery codes with the last one.
   *
   * @throws {NotFoundError} if the user does not have it.
   * @throws {FactorRequiredByRoleError} if the user's role requires one.
   * @throws {LastSignInMethodError} if it is a passkey without which the user could not sign in any longer.
   */
  remove({ userId, sessionId }: SessionPrincipal, id: string, client: Client): Promise<void> {
    return this.db.transaction(async (tx) => {
      const user = await this.users.lockActive(userId, tx);
      if (!user) throw new NotFoundError('Factor not found.');
      const change = { user, actorId: userId, client, exceptSession: sessionId };
      if ((await this.totps.find(userId, tx))?.id === id) {
        await this.totps.remove(userId, tx);
        await this.factors.settleRemoval(user, { isOwn: true }, tx);
        await this.consequences.removed(change, tx);
      } else if (!(await this.passkeys.remove(id, change, tx))) throw new NotFoundError('Factor not found.');
    });
  }
}
