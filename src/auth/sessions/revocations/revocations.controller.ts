import { Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { Public } from '../../../access/public.decorator.js';
import { CacheableAnswers } from '../../tokens/cacheable-answers.js';
import { RevocationsDto, RevocationsQueryDto } from './revocations.dto.js';
import { RevocationsService } from './revocations.service.js';

/** Seconds for which an answer of the feed may be kept. */
const MAX_AGE = 1;

/**
 * The revocation feed, for services that verify access tokens by the JWK set and cannot ask this database. It names
 * only ids, and holds a session for as long as its access tokens would live.
 */
@ApiTags('Service')
@AstraController('.well-known/revocations')
export class RevocationsController {
  constructor(
    private readonly revocations: RevocationsService,
    private readonly cacheable: CacheableAnswers,
  ) {}

  @Get()
  @Public()
  @ApiOperation({
    operationId: 'revocations_list',
    summary: 'List revoked sessions and users',
    description:
      'Returns up to 500 entries per page. An entry may appear twice, because a cursor overlaps with the previous response so that no entry is missed. Send `If-None-Match` to receive 304 while nothing has changed.',
  })
  @ApiOkResponse({ type: RevocationsDto, description: 'The entries since the cursor' })
  @ApiResponse({ status: 304, description: 'Nothing has changed' })
  async list(
    @Query() { cursor }: RevocationsQueryDto,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) response: object,
  ): Promise<RevocationsDto | undefined> {
    const revocations = await this.revocations.list(cursor);
    // The cursor moves with the clock; it alone is no news.
    const content = { ...revocations, cursor: null };
    return this.cacheable.of(revocations, response, { maxAge: MAX_AGE, known, content });
  }
}
