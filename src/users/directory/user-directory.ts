import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { RoleName } from '../../settings/roles-option.js';
import { countRows } from '../../paging/count-rows.js';
import type { Page, PageQuery } from '../../paging/page.js';
import { InvalidInputError } from '../../http/problem/problem.js';
import { inOrder, orderOf, readCursor, type UserSort, writeCursor } from './user-order.js';
import { MAX_SEARCH_LENGTH, searchUsers } from './user-search.js';
import { User, type UserKind } from '../user.entity.js';

/** Filter of accounts; omitted conditions match all. */
export interface UserFilter {
  /** Part of the username, the email address or the full name; not case-sensitive. */
  q?: string;
  role?: RoleName;
  kind?: UserKind;
  isActive?: boolean;
  emailVerified?: boolean;
  /** `true`: only deleted accounts. Default: only others. */
  isDeleted?: boolean;
}

const TOO_LONG = {
  loc: ['query', 'q'],
  code: 'string_too_long',
  msg: `The search must be at most ${MAX_SEARCH_LENGTH} characters long.`,
};

/** Lists and searches accounts. Only reads. */
@Injectable()
export class UserDirectory {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  /**
   * Returns a page of the accounts that match a filter. Pages start at a sort key (keyset pagination), so a late page
   * costs as little as the first, and concurrent changes do not shift it.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list and order, or the search text is too long.
   */
  async list(
    { q, ...filter }: UserFilter,
    sort: UserSort,
    { limit, cursor }: PageQuery,
  ): Promise<Page<User>> {
    if (q !== undefined && q.length > MAX_SEARCH_LENGTH) throw new InvalidInputError([TOO_LONG]);
    const order = orderOf(sort);
    const last = cursor === undefined ? undefined : readCursor(cursor, order);
    let query = this.filtered(filter);
    let total: Pick<Page<User>, 'total' | 'totalIsEstimate'>;
    if (q === undefined) {
      total = await countRows(query);
    } else {
      const isByTime = sort.endsWith('created_at');
      const isUnfiltered = Object.values(filter).every((value) => value === undefined);
      const { ids, ...found } = await searchUsers(query, q, {
        order,
        isIndexed: isByTime || isUnfiltered,
        isAdjacent: isByTime && isUnfiltered,
        everyone: this.filtered({ isDeleted: filter.isDeleted }),
        limit: limit + 1,
        last,
      });
      query = this.users
        .createQueryBuilder('user')
        .withDeleted()
        .where({ id: In(ids) });
      total = found;
    }

    // One more row shows whether there is another page.
    const { entities, raw } = await inOrder(query, order, last)
      .addSelect(order.keyText, 'sort_key')
      .limit(limit + 1)
      .getRawAndEntities<{ sort_key: string }>();
    const items = entities.slice(0, limit);
    const isLast = entities.length <= limit;
    const nextCursor = isLast ? null : writeCursor({ key: raw[limit - 1].sort_key, id: items[limit - 1].id });
    return { items, nextCursor, ...total };
  }

  /** Returns the query for a filter. Its conditions match the partial indexes of the table. */
  private filtered({ role, kind, isActive, emailVerified, isDeleted }: UserFilter): SelectQueryBuilder<User> {
    const query = this.users.createQueryBuilder('user').where('true');
    if (isDeleted) query.withDeleted().andWhere('user.deleted_at IS NOT NULL');
    if (role) query.andWhere('user.role = :role', { role });
    if (kind) query.andWhere(`user.kind = '${kind}'`);
    if (isActive !== undefined) query.andWhere(isActive ? 'user.is_active' : 'NOT user.is_active');
    if (emailVerified !== undefined)
      query.andWhere(`user.email_verified_at IS ${emailVerified ? 'NOT NULL' : 'NULL'}`);
    return query;
  }
}
