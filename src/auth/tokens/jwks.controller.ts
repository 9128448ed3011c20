import { Get, Headers, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiTags, ApiSchema } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { CacheableAnswers } from './cacheable-answers.js';
import { Keyring } from './keys/keyring.js';

/** JWK set (RFC 7517, 5). */
@ApiSchema({ name: 'AstraJwks' })
export class JwksDto {
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        kid: '20261122T101500Z-5f2c',
        alg: 'EdDSA',
        use: 'sig',
      },
    ],
  })
  keys: object[];
}

/**
 * Seconds for which the set may be cached. A new key signs only after twice this time (see `rotate-keys`). A removed
 * key disappears from the revocation feed at once, for verifiers that cannot wait.
 */
const MAX_AGE = 300;

/** Public keys with which other services verify access tokens. */
@ApiTags('Service')
@AstraController('.well-known/jwks.json')
export class JwksController {
  constructor(
    private readonly keyring: Keyring,
    private readonly cacheable: CacheableAnswers,
  ) {}

  @Get()
  @Public()
  @ApiOperation({
    operationId: 'jwks_show',
    summary: 'Show the public keys that verify access tokens',
    description: 'Empty with HS256, whose key is secret.',
  })
  @ApiOkResponse({ type: JwksDto, description: 'A JWK set' })
  @ApiResponse({ status: 304, description: 'Nothing has changed' })
  show(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) response: object,
  ): JwksDto | undefined {
    const set = { keys: this.keyring.published().map(({ jwk }) => jwk as object) };
    return this.cacheable.of(set, response, { maxAge: MAX_AGE, known });
  }
}
