import { Injectable } from '@nestjs/common';
import { FactorsService } from '../../auth/factors/factors.service.js';
import { UserDto } from '../../users/user.dto.js';
import type { User } from '../../users/user.entity.js';
import { AdminUserDto } from './admin-user.dto.js';

/**
 * Shows accounts to admins and moderators, with their second factors. Users see their own factors at
 * `/users/me/factors`.
 */
@Injectable()
export class AdminUsers {
  constructor(private readonly factors: FactorsService) {}

  /** Shows accounts. The number of queries does not depend on the number of accounts. */
  async show(users: readonly User[]): Promise<AdminUserDto[]> {
    const typesOf = await this.factors.typesOf(users.map(({ id }) => id));
    return users.map((user) => {
      const factors = typesOf(user.id);
      const mustEnrol = factors.length === 0 && this.factors.isRequired(user.role);
      return Object.assign(UserDto.from(user), { factors, must_enrol: mustEnrol });
    });
  }

  /** Shows one account. */
  async showOne(user: User): Promise<AdminUserDto> {
    const [shown] = await this.show([user]);
    return shown;
  }
}
