import { Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { Public } from '../../../access/public.decorator.js';
import { CacheableAnswers } from '../../tokens/cacheable-answers.js';
import { RevocationsDto, RevocationsQueryDto } from './revocations.dto.js';
import { RevocationsService } from './revocations.service.js';

/** Seconds for which a response may be cached. */
const MAX_AGE = 1;

/**
 * Revocation feed for services that verify access tokens with the JWK set and have no access to this database. It
 * contains only ids. A session is listed until its access tokens have expired.
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
    // The cursor advances with the clock and is no change by itself.
    const content = { ...revocations, cursor: null };
    return this.cacheable.of(revocations, response, { maxAge: MAX_AGE, known, content });
  }
}
