import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { Optional } from '../../problem/optional.decorator.js';
import { FEED_CURSOR } from './feed-cursor.js';

/** From where on the feed is read. */
export class RevocationsQueryDto {
  @ApiPropertyOptional({
    example: '1795342500',
    description: 'The `cursor` of the last answer; without it, all that still matters.',
  })
  @Optional()
  @Matches(FEED_CURSOR, {
    message: 'This cursor is not valid for this feed.',
    context: { code: 'value_error' },
  })
  cursor?: string;
}

/** A session that ended. */
@ApiSchema({ name: 'AstraEndedSession' })
export class EndedSessionDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  id: string;
}

/** A user whose role, activation or deletion changed. */
@ApiSchema({ name: 'AstraChangedUser' })
export class ChangedUserDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' })
  id: string;

  @ApiProperty({ type: 'integer', example: 2, description: 'Refuse tokens whose `gen` is lower.' })
  generation: number;
}

/** What other services must refuse although it has not expired. */
@ApiSchema({ name: 'AstraRevocations' })
export class RevocationsDto {
  @ApiProperty({ type: [EndedSessionDto], description: 'Refuse access tokens with these `sid`s.' })
  sessions: EndedSessionDto[];

  @ApiProperty({ type: [ChangedUserDto], description: 'Refuse older access tokens with these `sub`s.' })
  users: ChangedUserDto[];

  @ApiProperty({
    type: [String],
    example: ['20261122T101500Z-5f2c'],
    description: 'The keys that there are now. Read the JWK set again when they are others than in it.',
  })
  keys: string[];

  @ApiProperty({
    example: '1795342500',
    description: 'Ask with that of the first page the next time, once all pages are read.',
  })
  cursor: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'The `cursor` of the next page, to be asked for at once.',
  })
  next_page: string | null;

  @ApiProperty({
    type: 'integer',
    example: 930,
    description: 'Seconds after which an entry can be forgotten.',
  })
  window: number;
}
