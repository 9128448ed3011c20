import { Injectable } from '@nestjs/common';
import { FactorsService } from '../../auth/factors/factors.service.js';
import { IdentitiesService } from '../../auth/providers/identities/identities.service.js';
import { UserDto } from '../../users/user.dto.js';
import type { User } from '../../users/user.entity.js';
import { AdminUserDto } from './admin-user.dto.js';

/**
 * Shows accounts to admins and moderators, with their second factors and the providers that they sign in with. Users
 * see their own at `/users/me/factors` and `/users/me/identities`.
 */
@Injectable()
export class AdminUsers {
  constructor(
    private readonly factors: FactorsService,
    private readonly identities: IdentitiesService,
  ) {}

  /** Shows accounts. The number of queries does not depend on the number of accounts. */
  async show(users: readonly User[]): Promise<AdminUserDto[]> {
    const ids = users.map(({ id }) => id);
    const typesOf = await this.factors.typesOf(ids);
    const providersOf = await this.identities.providersOfAll(ids);
    return users.map((user) => {
      const factors = typesOf(user.id);
      const mustEnrol = factors.length === 0 && this.factors.isRequired(user.role);
      const identities = providersOf(user.id);
      return Object.assign(UserDto.from(user), { factors, identities, must_enrol: mustEnrol });
    });
  }

  /** Shows one account. */
  async showOne(user: User): Promise<AdminUserDto> {
    const [shown] = await this.show([user]);
    return shown;
  }
}
