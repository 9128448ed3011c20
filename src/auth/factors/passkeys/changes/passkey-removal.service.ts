import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuthSettings } from '../../../../settings/auth-settings.js';
import type { FactorChange } from '../../factor-consequences.js';
import { FactorsService } from '../../factors.service.js';
import { PasskeysService } from '../passkeys.service.js';
import { PasskeyConsequences } from './passkey-consequences.js';
import { assertCanSignIn } from '../../../ways-in/sign-in-ways.js';

/** Removes single passkeys. */
@Injectable()
export class PasskeyRemovalService {
  constructor(
    private readonly passkeys: PasskeysService,
    private readonly factors: FactorsService,
    private readonly consequences: PasskeyConsequences,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Removes a passkey, and ends the sessions of its user, which it may have started. An admin can also remove the last way
   * to sign in, because the passkey may be in the wrong hands: the user then sets a password by email.
   *
   * @param tx - Transaction that has locked the account's row, so that two removals cannot each rely on what the other
   *   removes.
   * @returns whether the user had it.
   * @throws {LastSignInMethodError} if the user could not sign in any longer.
   * @throws {FactorRequiredByRoleError} if it is the last factor, and the user's role requires one.
   */
  async remove(id: string, change: FactorChange, tx: EntityManager): Promise<boolean> {
    const { user, actorId } = change;
    const passkey = await this.passkeys.remove(id, user.id, tx);
    if (!passkey) return false;
    const isOwn = user.id === actorId;
    if (isOwn) await assertCanSignIn(user.id, this.settings, tx);
    await this.factors.settleRemoval(user, { isOwn }, tx);
    await this.consequences.removed(passkey, change, tx);
    return true;
  }
}
