import { IsIn, IsString } from 'class-validator';
import { MAX_TOKEN_LENGTH, MaxInputLength } from '../../http/input/max-length.js';
import { Optional } from '../../http/input/optional.decorator.js';

/** Parameters that OAuth2 libraries send in addition. They are validated and otherwise ignored. */
class OAuthClientDto {
  @Optional()
  @IsString({ message: 'The scope must be a string.' })
  scope?: string;

  @Optional()
  @IsString({ message: 'The client id must be a string.' })
  client_id?: string;

  @Optional()
  @IsString({ message: 'The client secret must be a string.' })
  client_secret?: string;
}

/** Refresh request as a form (RFC 6749, 6). */
export class RefreshFormDto extends OAuthClientDto {
  @Optional()
  @IsIn(['refresh_token'], { message: 'Only the grant type "refresh_token" is supported here.' })
  grant_type?: string;

  @MaxInputLength(MAX_TOKEN_LENGTH)
  @IsString({ message: 'The refresh token must be a string.' })
  refresh_token: string;
}

/** Revocation request as a form (RFC 7009, 2.1). */
export class RevokeFormDto extends OAuthClientDto {
  @MaxInputLength(MAX_TOKEN_LENGTH)
  @IsString({ message: 'The token must be a string.' })
  token: string;

  @Optional()
  @IsString({ message: 'The token type hint must be a string.' })
  token_type_hint?: string;
}

/**
 * Checks whether a body sent to the sign-in route asks for a refresh. OAuth2 libraries know one token endpoint for
 * both.
 */
export function isRefreshGrant(body: unknown): boolean {
  return (body as { grant_type?: unknown } | undefined | null)?.grant_type === 'refresh_token';
}
