import { Injectable } from '@nestjs/common';
import { IdentitiesService } from '../../auth/providers/identities/identities.service.js';
import { ShownUsers } from '../../users/shown-users.js';
import type { User } from '../../users/user.entity.js';
import { AdminUserDto } from './admin-user.dto.js';

/**
 * Shows accounts to admins and moderators, with the providers that they sign in with. Users see their own at
 * `/users/me/identities`.
 */
@Injectable()
export class AdminUsers {
  constructor(
    private readonly shown: ShownUsers,
    private readonly identities: IdentitiesService,
  ) {}

  /** Shows accounts. The number of queries does not depend on the number of accounts. */
  async show(users: readonly User[]): Promise<AdminUserDto[]> {
    const providersOf = await this.identities.providersOfAll(users.map(({ id }) => id));
    return (await this.shown.all(users)).map((user) =>
      Object.assign(user, { identities: providersOf(user.id) }),
    );
  }

  /** Shows one account. */
  async showOne(user: User): Promise<AdminUserDto> {
    const [shown] = await this.show([user]);
    return shown;
  }
}
