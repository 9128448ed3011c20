import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { Keyring } from './keyring.js';

/** A JWK set (RFC 7517, 5). */
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

/** The public keys by which other services verify access tokens. */
@ApiTags('Service')
@AstraController('.well-known')
export class JwksController {
  constructor(private readonly keyring: Keyring) {}

  @Get('jwks.json')
  @Public()
  @ApiOperation({
    summary: 'Show the public keys of access tokens',
    description: 'Empty under HS256, whose key is a secret.',
  })
  @ApiOkResponse({ type: JwksDto, description: 'A JWK set' })
  show(): JwksDto {
    return { keys: this.keyring.published().map(({ jwk }) => jwk as object) };
  }
}
