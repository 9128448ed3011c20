import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../../access/astra-controller.decorator.js';
import { Public } from '../../../../access/public.decorator.js';
import { ApiProblems } from '../../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../../http/problem/problem.js';
import { Ceremonies } from '../ceremonies.js';

/** Origins that may use the passkeys of this domain. */
@ApiSchema({ name: 'AstraRelatedOrigins' })
export class RelatedOriginsDto {
  @ApiProperty({ type: [String], example: ['https://example.com', 'https://example.net'] })
  origins: string[];
}

/** Related origins (WebAuthn Level 3, 5.11). Browsers ask for them at the root of the domain of the passkeys. */
@ApiTags('Service')
@AstraController('.well-known/webauthn')
export class RelatedOriginsController {
  constructor(private readonly ceremonies: Ceremonies) {}

  @Get()
  @Public()
  @ApiOperation({
    operationId: 'related_origins_show',
    summary: 'Show the sites that may use the passkeys of this domain',
    description: 'Only if passkeys are used on more than one site.',
  })
  @ApiOkResponse({ type: RelatedOriginsDto, description: 'Related origins of WebAuthn' })
  @ApiProblems(new NotFoundError())
  show(): RelatedOriginsDto {
    const { publishedOrigins } = this.ceremonies.relyingParty;
    if (publishedOrigins.length === 0) throw new NotFoundError();
    return { origins: [...publishedOrigins] };
  }
}
