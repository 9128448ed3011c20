import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { Optional } from '../../../http/input/optional.decorator.js';
import { FEED_CURSOR } from './feed-cursor.js';

/** Query of the revocation feed. */
export class RevocationsQueryDto {
  @ApiPropertyOptional({
    example: '1795342500',
    description:
      'The `cursor` of the last response. Without it, all entries that are still relevant are returned.',
  })
  @Optional()
  @Matches(FEED_CURSOR, {
    message: 'This cursor is not valid for this feed.',
    context: { code: 'value_error' },
  })
  cursor?: string;
}

/** Ended session. */
@ApiSchema({ name: 'AstraEndedSession' })
export class EndedSessionDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  id: string;
}

/** User whose role, activation or deletion changed. */
@ApiSchema({ name: 'AstraChangedUser' })
export class ChangedUserDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' })
  id: string;

  @ApiProperty({ type: 'integer', example: 2, description: 'Reject access tokens with a lower `gen`.' })
  generation: number;
}

/** Sessions and users whose unexpired access tokens must be rejected. */
@ApiSchema({ name: 'AstraRevocations' })
export class RevocationsDto {
  @ApiProperty({ type: [EndedSessionDto], description: 'Reject access tokens with these `sid` claims.' })
  sessions: EndedSessionDto[];

  @ApiProperty({ type: [ChangedUserDto], description: 'Reject older access tokens with these `sub` claims.' })
  users: ChangedUserDto[];

  @ApiProperty({
    type: [String],
    example: ['20261122T101500Z-5f2c'],
    description: 'The ids of the current signing keys. Fetch the JWK set again if it has different ones.',
  })
  keys: string[];

  @ApiProperty({
    example: '1795342500',
    description: 'After reading all pages, send the `cursor` of the first page with the next request.',
  })
  cursor: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'The `cursor` of the next page. Fetch it right away.',
  })
  next_page: string | null;

  @ApiProperty({
    type: 'integer',
    example: 930,
    description: 'Seconds after which an entry can be forgotten.',
  })
  window: number;
}
