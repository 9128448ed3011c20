import { createHash } from 'node:crypto';
import { Get, Headers, HttpStatus, Query, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { Optional } from '../../problem/optional.decorator.js';
import { RevocationsService } from './revocations.service.js';

/** From where on the feed is read. */
export class RevocationsQueryDto {
  @ApiPropertyOptional({
    example: '1795342500',
    description: 'The `cursor` of the last answer; without it, all that still matters.',
  })
  @Optional()
  @Matches(/^\d{1,12}$/, { message: 'This is not a cursor of this feed.', context: { code: 'value_error' } })
  cursor?: string;
}

/** A session that ended. */
export class EndedSessionDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  id: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:20:00.123Z' })
  ended_at: string;
}

/** A user whose role or activation changed. */
export class ChangedUserDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' })
  id: string;

  @ApiProperty({
    format: 'date-time',
    example: '2026-11-22T10:21:00.456Z',
    description: 'Refuse tokens issued up to then.',
  })
  changed_at: string;
}

/** What other services must refuse although it has not expired. */
export class RevocationsDto {
  @ApiProperty({ type: [EndedSessionDto], description: 'Refuse access tokens with these `sid`s.' })
  sessions: EndedSessionDto[];

  @ApiProperty({
    type: [ChangedUserDto],
    description: 'Refuse access tokens with these `sub`s that were issued before.',
  })
  users: ChangedUserDto[];

  @ApiProperty({ example: '1795342500' })
  cursor: string;
}

/**
 * The revocation feed, for services that verify access tokens by the JWK set and cannot ask this database. It names
 * only ids, and holds a session for as long as its access tokens would live.
 */
@ApiTags('Service')
@AstraController('.well-known/revocations')
export class RevocationsController {
  constructor(
    private readonly revocations: RevocationsService,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  @Public()
  @ApiOperation({
    summary: 'Show revoked sessions and users',
    description:
      'An entry may come twice: a cursor looks back a little, so that none is missed. Send `If-None-Match` to get 304 while nothing changed.',
  })
  @ApiOkResponse({ type: RevocationsDto, description: 'What came since the cursor' })
  @ApiResponse({ status: 304, description: 'Nothing has changed' })
  async list(
    @Query() { cursor = '0' }: RevocationsQueryDto,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) response: object,
  ): Promise<RevocationsDto | undefined> {
    const revocations = await this.revocations.list(Number(cursor));
    // The cursor moves with the clock; it alone is no news.
    const { sessions, users } = revocations;
    const etag = `"${createHash('sha256').update(JSON.stringify({ sessions, users })).digest('base64url').slice(0, 22)}"`;
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(response, 'ETag', etag);
    httpAdapter.setHeader(response, 'Cache-Control', 'public, max-age=1');
    if (known !== etag) return revocations;
    httpAdapter.status(response, HttpStatus.NOT_MODIFIED);
    return undefined;
  }
}
