import { Injectable } from '@nestjs/common';
import { type EntityManager, IsNull, Not } from 'typeorm';
import { canonicalEmail } from '../names/canonical.js';
import { NotFoundError } from '../http/problem/problem.js';
import { checkNames } from './fields/checked-names.js';
import { AccountEvents } from './events/account-events.js';
import { EmailChanged, UserErased, UserRestored, UserUpdated } from './events/user-events.js';
import { EmailUndos } from './held-names/email-undos.js';
import { User } from './user.entity.js';
import { ServiceAccountError } from './users.errors.js';
import type { NewUser } from './users.service.js';
import { writeUser } from './user-rows.js';

/** Names of a restored account; omitted ones are unchanged. */
export type RestoredNames = Partial<Pick<NewUser, 'username' | 'email'>>;

/** Returns whether an account has another email address than before. */
export function hasOtherEmail(before: Pick<User, 'email'>, after: Pick<User, 'email'>): boolean {
  const [one, other] = [before, after].map(({ email }) => email && canonicalEmail(email));
  return one !== other;
}

/** Restores deleted accounts within the grace period, and erases them after it. */
@Injectable()
export class DeletedUsersService {
  constructor(
    private readonly undos: EmailUndos,
    private readonly events: AccountEvents,
  ) {}

  /**
   * Undoes a deletion.
   *
   * @param names - New names, if it does not keep its own. A new email address is not verified.
   * @returns the account before and after.
   * @throws {NotFoundError} if there is no such account, or it was not deleted.
   * @throws {InvalidInputError} if one of the names is not allowed.
   * @throws {ServiceAccountError} if there is an email address for a service account.
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
   */
  async restore(id: string, names: RestoredNames, tx: EntityManager): Promise<{ before: User; user: User }> {
    const { username, email } = await checkNames(names);
    const before = await tx.findOne(User, {
      where: { id, deletedAt: Not(IsNull()) },
      withDeleted: true,
      lock: { mode: 'for_no_key_update' },
    });
    if (!before) throw new NotFoundError('User not found.');
    if (before.kind === 'service' && email) throw new ServiceAccountError();
    const hasMoved = hasOtherEmail(before, { email: email ?? before.email });
    const restored = { deletedAt: null, username, email, ...(hasMoved && { emailVerifiedAt: null }) };
    const user = await writeUser(
      tx.createQueryBuilder().update(User).set(restored).where('id = :id AND deleted_at IS NOT NULL', { id }),
      tx,
    );
    await this.undos.assertNotHeld(user, tx);
    await this.events.emit(new UserRestored(id), tx);
    if (before.username !== user.username) await this.events.emit(new UserUpdated(id, ['username']), tx);
    if (hasMoved) await this.events.emit(new EmailChanged(user), tx);
    return { before, user };
  }

  /**
   * Erases accounts that were deleted at least `graceDays` ago, with their sessions and tokens.
   *
   * @returns the erased accounts, at most 1000.
   */
  async erase(graceDays: number, tx: EntityManager): Promise<Pick<User, 'id' | 'email'>[]> {
    const [rows] = (await tx.query(
      `DELETE FROM auth_users
        WHERE id IN (SELECT id FROM auth_users WHERE deleted_at < now() - make_interval(days => $1) ORDER BY deleted_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
    RETURNING id, email`,
      [graceDays],
    )) as [Pick<User, 'id' | 'email'>[], number];
    for (const { id } of rows) await this.events.emit(new UserErased(id), tx);
    return rows;
  }
}
