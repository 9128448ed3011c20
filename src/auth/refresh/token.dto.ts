import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { TokenPair } from '../tokens/token-pairs.js';

/** Access token and refresh token (RFC 6749, 5.1). */
@ApiSchema({ name: 'AstraToken' })
export class TokenDto {
  @ApiProperty({
    example: 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9…',
    description: 'Send it as `Authorization: Bearer <token>`.',
  })
  access_token: string;

  @ApiProperty({ example: 'AQGZ86Rv…', description: 'Can be used once with `POST /auth/refresh`.' })
  refresh_token: string;

  @ApiProperty({ enum: ['bearer'], example: 'bearer' })
  token_type: 'bearer';

  @ApiProperty({ type: 'integer', example: 900, description: 'Lifetime of the access token in seconds.' })
  expires_in: number;

  /** Converts tokens to the field names of OAuth2. */
  static from({ accessToken, refreshToken, accessTokenTtl }: TokenPair): TokenDto {
    return {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'bearer',
      expires_in: accessTokenTtl,
    };
  }
}

/** Token response for a page whose refresh token is in a cookie. */
export type CookieModeToken = Omit<TokenDto, 'refresh_token'>;
