import { Injectable } from '@nestjs/common';
import { encodeCursor } from '../../../paging/cursor.js';
import { decodeIdCursor } from '../../../paging/newest-first.js';
import type { Page, PageQuery } from '../../../paging/page.js';
import type { FactorType } from '../../../users/fields/factor-types.js';
import type { Passkey } from '../passkeys/passkey.entity.js';
import { PasskeysService } from '../passkeys/passkeys.service.js';
import type { Totp } from '../totp/totp.entity.js';
import { TotpService } from '../totp/totp.service.js';

/** Second factor of a user, as far as all types have it in common. */
export interface ListedFactor extends Pick<Totp & Passkey, 'id' | 'name' | 'createdAt' | 'lastUsedAt'> {
  readonly type: FactorType;
}

/** Shows and renames the second factors of a user, whichever type they are of. */
@Injectable()
export class FactorListService {
  constructor(
    private readonly totps: TotpService,
    private readonly passkeys: PasskeysService,
  ) {}

  /** Returns all factors of a user, newest first. They are few: one app and at most `MAX_PASSKEYS` passkeys. */
  async allOf(userId: string): Promise<ListedFactor[]> {
    const totp = await this.totps.find(userId);
    const factors = (await this.passkeys.allOf(userId)).map((passkey) => listedAs('passkey', passkey));
    if (totp) factors.push(listedAs('totp', totp));
    // Ids are UUIDv7, so their order is that in which the factors were created.
    return factors.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /**
   * Returns a page of a user's factors, newest first.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list.
   */
  async pageOf(userId: string, { limit, cursor }: PageQuery): Promise<Page<ListedFactor>> {
    const all = await this.allOf(userId);
    const before = cursor === undefined ? undefined : decodeIdCursor(cursor);
    const rest = before === undefined ? all : all.filter(({ id }) => id < before);
    const items = rest.slice(0, limit);
    const nextCursor = rest.length > limit ? encodeCursor([items[limit - 1].id]) : null;
    return { items, nextCursor, total: all.length, totalIsEstimate: false };
  }

  /** Renames a factor of a user. Returns `null` if the user does not have it. */
  async rename(id: string, userId: string, name: string): Promise<ListedFactor | null> {
    const totp = await this.totps.rename(id, userId, name);
    if (totp) return listedAs('totp', totp);
    const passkey = await this.passkeys.rename(id, userId, name);
    return passkey && listedAs('passkey', passkey);
  }
}

/** Converts a factor of one type. Neither keys nor secrets are part of the result. */
export function listedAs(
  type: FactorType,
  { id, name, createdAt, lastUsedAt }: Totp | Passkey,
): ListedFactor {
  return { id, type, name, createdAt, lastUsedAt };
}
