import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { FactorsService } from '../../../auth/factors/factors.service.js';
import { PasskeyRemovalService } from '../../../auth/factors/passkeys/changes/passkey-removal.service.js';
import { NotFoundError, Problem } from '../../../http/problem/problem.js';
import { UsersService } from '../../../users/users.service.js';
import type { Operator } from '../operator.js';

/** Admins cannot reset their own second factor, which would need no proof of it. */
export class NotForYourselfError extends Problem {
  constructor() {
    super(403, 'not-for-yourself', 'You cannot do this for your own account.');
  }
}

/** Removes lost second factors of users, on behalf of admins. */
@Injectable()
export class ResetFactorsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly factors: FactorsService,
    private readonly passkeys: PasskeyRemovalService,
  ) {}

  /**
   * Removes the second factors and recovery codes of a user, and ends all sessions. Does nothing if there are none. If
   * the role requires a factor, the user adds a new one at the next sign-in.
   *
   * @throws {NotForYourselfError} for the admin's own account.
   * @throws {NotFoundError} if there is no such account.
   */
  async reset(id: string, { principal, client }: Operator): Promise<void> {
    if (id === principal.userId) throw new NotForYourselfError();
    await this.db.transaction(async (tx) => {
      const user = await this.users.lock(id, tx);
      await this.factors.removeAll({ user, actorId: principal.userId, client }, tx);
    });
  }

  /**
   * Removes one passkey of a user, such as that of a lost device, and ends all sessions. See
   * {@link PasskeyRemovalService.remove}.
   *
   * @throws {NotForYourselfError} for the admin's own account.
   * @throws {NotFoundError} if there is no such account, or the account has no such passkey.
   */
  async removePasskey(id: string, passkeyId: string, { principal, client }: Operator): Promise<void> {
    if (id === principal.userId) throw new NotForYourselfError();
    await this.db.transaction(async (tx) => {
      const user = await this.users.lock(id, tx);
      const change = { user, actorId: principal.userId, client };
      if (!(await this.passkeys.remove(passkeyId, change, tx))) throw new NotFoundError('Passkey not found.');
    });
  }
}
