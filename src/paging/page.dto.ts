import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsString } from 'class-validator';
import { MaxInputLength } from '../http/input/max-length.js';
import { Optional } from '../http/input/optional.decorator.js';
import { MAX_CURSOR_LENGTH } from './cursor.js';
import type { Page, PageQuery } from './page.js';

/** 1 to 100 in decimal digits; `Number()` would also accept `1e1`, `0x10` and blanks. */
const LIMIT = /^([1-9]\d?|100)$/;

/** Page of a list. Lists with filters extend it. */
export class PageQueryDto implements PageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20, example: 20 })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && LIMIT.test(value) ? Number(value) : value,
  )
  @Optional()
  @IsInt({ message: 'The limit must be an integer from 1 to 100.', context: { code: 'int_parsing' } })
  limit: number = 20;

  @ApiPropertyOptional({ description: 'The `next_cursor` of the previous page.' })
  @Optional()
  @MaxInputLength(MAX_CURSOR_LENGTH)
  @IsString({ message: 'The cursor must be a string.' })
  cursor?: string;
}

/** Page in a response. */
export interface PageBody<T> {
  items: T[];
  next_cursor: string | null;
  total: number;
  total_is_estimate: boolean;
}

/** Creates the DTO of a page: `class UserPageDto extends PageOf(UserDto) {}`. */
export function PageOf<T>(Item: Type<T>): Type<PageBody<T>> {
  class PageDto implements PageBody<T> {
    @ApiProperty({ type: [Item] })
    items: T[];

    @ApiProperty({
      type: 'string',
      nullable: true,
      example: null,
      description: 'Send this as `cursor` to get the next page. `null` on the last page.',
    })
    next_cursor: string | null;

    @ApiProperty({ type: 'integer', example: 1, description: 'Number of items on all pages.' })
    total: number;

    @ApiProperty({
      example: false,
      description: 'Whether `total` is an estimate. It is exact up to 1 000.',
    })
    total_is_estimate: boolean;
  }
  return PageDto;
}

/** Converts a page, with a function for each item. */
export function toPageBody<T, U>(
  { items, nextCursor, total, totalIsEstimate }: Page<T>,
  show: (item: T) => U,
): PageBody<U> {
  return { items: items.map(show), next_cursor: nextCursor, total, total_is_estimate: totalIsEstimate };
}
