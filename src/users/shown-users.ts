import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Principal } from '../access/principal.js';
import { readRows } from '../database/query-rows.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { requiresFactor } from '../settings/second-factor-settings.js';
import { type FactorType, factorTypesOf } from './fields/factor-types.js';
import { accountOf } from './signed-in-user.js';
import { UserDto } from './user.dto.js';
import type { User } from './user.entity.js';

/** Shows accounts with their second factors, which are not part of their rows. */
@Injectable()
export class ShownUsers {
  /** Accounts of cached principals, which are converted once. */
  private readonly shown = new WeakMap<Principal, Pick<UserDto, keyof UserDto>>();

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly settings: AuthSettings,
  ) {}

  /** Shows an account whose factors are known. While second factors are off, it has none. A service account needs none. */
  of(user: User, known: readonly FactorType[]): UserDto {
    const factors = this.settings.features.secondFactor ? [...known] : [];
    const mustEnrol =
      user.kind === 'person' && factors.length === 0 && requiresFactor(user.role, this.settings);
    return { ...UserDto.fieldsOf(user), factors, must_enrol: mustEnrol };
  }

  /** Shows the account of a signed-in user without a query. Each caller gets a copy. */
  ofPrincipal(principal: Principal): UserDto {
    let shown = this.shown.get(principal);
    if (!shown) {
      const { user, factors } = accountOf(principal);
      shown = this.of(user, factors);
      this.shown.set(principal, shown);
    }
    return { ...shown, factors: [...shown.factors] };
  }

  /** Shows accounts, with one query for the factors of all. */
  async all(users: readonly User[]): Promise<UserDto[]> {
    if (!this.settings.features.secondFactor) return users.map((user) => this.of(user, []));
    const rows = await readRows<{ id: string; factors: FactorType[] }>(
      this.db,
      `SELECT shown.id, ${factorTypesOf('shown.id')} AS factors FROM unnest($1::uuid[]) AS shown (id)`,
      [users.map(({ id }) => id)],
    );
    const factorsOf = new Map(rows.map(({ id, factors }) => [id, factors]));
    return users.map((user) => this.of(user, factorsOf.get(user.id) ?? []));
  }

  /** Shows one account. */
  async one(user: User): Promise<UserDto> {
    const [shown] = await this.all([user]);
    return shown;
  }
}
