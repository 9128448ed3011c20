import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { InvalidTokenError } from '../../../access/access.errors.js';
import type { Client } from '../../../access/client.decorator.js';
import type { Principal } from '../../../access/principal.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { AccountEvents } from '../../../users/events/account-events.js';
import { EmailNotVerifiedError } from '../../../users/users.errors.js';
import { UsersService } from '../../../users/users.service.js';
import { assertCanSignIn } from '../../ways-in/sign-in-ways.js';
import type { ProviderAnswer } from '../client/provider-client.js';
import type { Way } from '../way/way.js';
import { IdentitiesService } from './identities.service.js';
import { provenEvent } from './identity-events.js';
import { IS_LIVE } from '../../tokens/token-pairs.js';

/** Connects identities to the account of the signed-in user, and removes them. */
@Injectable()
export class OwnIdentitiesService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly identities: IdentitiesService,
    private readonly events: AccountEvents,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Checks whether a user may connect an identity. Otherwise a person who registered with somebody else's email address
   * could keep a way in to the account.
   *
   * @throws {EmailNotVerifiedError} if the email address is not verified, unless the settings have that off.
   */
  assertMayLink({ emailVerified }: Pick<Principal, 'emailVerified'>): void {
    if (!emailVerified && this.settings.emailVerification !== 'off') throw new EmailNotVerifiedError();
  }

  /**
   * Connects an identity to the account of the session that has begun it.
   *
   * @throws {InvalidTokenError} if that session has ended since.
   * @throws {EmailNotVerifiedError} if the email address is not verified any longer.
   * @throws {IdentityTakenError} if the identity belongs to another account.
   */
  async link(
    answer: ProviderAnswer,
    { userId, sessionId }: NonNullable<Way['linking']>,
    client: Client,
  ): Promise<void> {
    await this.db.transaction(async (tx) => {
      // Each change that ends sessions locks the account first.
      const user = await this.users.lockActive(userId, tx);
      const [live] = await tx.query<unknown[]>(
        `SELECT FROM auth_sessions s WHERE id = $1 AND user_id = $2 AND ${IS_LIVE}`,
        [sessionId, userId],
      );
      if (!user || !live) throw new InvalidTokenError();
      this.assertMayLink({ emailVerified: user.emailVerifiedAt !== null });
      await this.events.emit(provenEvent(answer), tx);
      await this.identities.link(answer.identity, user, client, tx);
    });
  }

  /**
   * Removes an identity from the account of the signed-in user.
   *
   * @throws {NotFoundError} if the user has no such identity.
   * @throws {LastSignInMethodError} if the user could not sign in any longer.
   */
  async unlink(id: string, { userId }: Principal, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lockActive(userId, tx);
      if (!user) throw new InvalidTokenError();
      if (!(await this.identities.unlink(id, user, client, tx)))
        throw new NotFoundError('Identity not found.');
      await assertCanSignIn(userId, this.settings, tx, 'identity');
    });
  }
}
