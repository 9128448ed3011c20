import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import { validate as isUuid } from 'uuid';
import type { RoleName } from '../settings/roles-option.js';
import { countRows } from '../paging/count-rows.js';
import { decodeCursor, encodeCursor, type Position } from '../paging/cursor.js';
import type { Page, PageQuery } from '../paging/page.js';
import { User } from './user.entity.js';

/** How lists of users are sorted; with a minus, from last to first. */
export const userSorts = ['created_at', '-created_at', 'username', '-username'] as const;
export type UserSort = (typeof userSorts)[number];

/** Which users are asked for; what is left out does not matter. */
export interface UserFilter {
  /** Part of the username, the address or the name, in whatever case. */
  q?: string;
  role?: RoleName;
  isActive?: boolean;
  emailVerified?: boolean;
  /** Only those that were deleted. Default: only those that were not. */
  isDeleted?: boolean;
}

/**
 * What is searched: one text a user, so that one index serves all three. The line breaks keep a match from reaching
 * over two of them; none of them can have one. It must be to the letter what the index `auth_users_search_idx` is over.
 */
const SEARCHED = `lower(user.username || E'\\n' || user.email || E'\\n' || coalesce(user.full_name, ''))`;

/** Finds accounts among many. It only reads. */
@Injectable()
export class UserDirectory {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  /**
   * A page of the users that a filter lets through. Pages are cut by the sort key (keyset), so a late one costs as
   * little as the first, and what changes meanwhile shifts nobody.
   *
   * @throws {InvalidInputError} if the cursor is not one of this list in this order.
   */
  async list(filter: UserFilter, sort: UserSort, { limit, cursor }: PageQuery): Promise<Page<User>> {
    const query = this.filtered(filter);
    const total = await countRows(query);

    const byName = sort.endsWith('username');
    const descending = sort.startsWith('-');
    const key = byName ? 'lower(user.username)' : 'user.created_at';
    if (cursor) {
      const [last, id] = decodeCursor(cursor, byName ? isNamePosition : isTimePosition);
      query.andWhere(
        `(${key}, user.id) ${descending ? '<' : '>'} (:last${byName ? '' : '::timestamptz'}, :id)`,
        { last, id },
      );
    }
    const direction = descending ? 'DESC' : 'ASC';
    // As text with all its digits: a Date has ms, and would pass over users of the same one.
    const { entities, raw } = await query
      .addSelect(byName ? key : `to_json(${key}) #>> '{}'`, 'sort_key')
      .orderBy(key, direction)
      .addOrderBy('user.id', direction)
      .limit(limit + 1)
      .getRawAndEntities<{ sort_key: string }>();

    const items = entities.slice(0, limit);
    const isLast = entities.length <= limit;
    return {
      items,
      nextCursor: isLast ? null : encodeCursor([raw[limit - 1].sort_key, items[limit - 1].id]),
      ...total,
    };
  }

  private filtered({ q, role, isActive, emailVerified, isDeleted }: UserFilter): SelectQueryBuilder<User> {
    const query = this.users.createQueryBuilder('user').where('true');
    if (isDeleted) query.withDeleted().andWhere('user.deleted_at IS NOT NULL');
    if (q)
      query.andWhere(`${SEARCHED} LIKE lower(:pattern)`, { pattern: `%${q.replace(/[\\%_]/g, '\\$&')}%` });
    if (role) query.andWhere('user.role = :role', { role });
    if (isActive !== undefined) query.andWhere(isActive ? 'user.is_active' : 'NOT user.is_active');
    if (emailVerified !== undefined)
      query.andWhere(`(user.email_verified_at IS NOT NULL) = ${emailVerified}`);
    return query;
  }
}

function isNamePosition(position: Position): position is readonly [string, string] {
  return position.length === 2 && typeof position[0] === 'string' && isUuid(position[1]);
}

function isTimePosition(position: Position): position is readonly [string, string] {
  const [time] = position;
  return (
    isNamePosition(position) &&
    /^\d{4}-\d\d-\d\dT[\d:.]{8,15}[+-]\d\d:\d\d$/.test(String(time)) &&
    !Number.isNaN(Date.parse(String(time)))
  );
}
