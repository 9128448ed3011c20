import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsString, Length, Matches } from 'class-validator';
import { MAX_TOKEN_LENGTH, MaxInputLength } from '../../../http/input/max-length.js';
import { Optional } from '../../../http/input/optional.decorator.js';
import type { Provider } from '../../../settings/providers/provider-settings.js';

/** Provider that users can choose. */
@ApiSchema({ name: 'AstraProvider' })
export class ProviderDto {
  @ApiProperty({ example: 'google', description: 'Its name in paths.' })
  name: string;

  @ApiProperty({ example: 'Google', description: 'Its name for people.' })
  title: string;

  @ApiProperty({
    format: 'uri',
    example: 'https://accounts.example.com/api/v1/auth/providers/google/authorize',
    description:
      'URL to open in a browser, with `redirect_to` and `code_challenge`, for native apps and apps on another site.',
  })
  authorize_url: string;

  /** Shows a provider: none of its settings but the name and the title. */
  static from({ name, title }: Provider, authorizeUrl: string): ProviderDto {
    return { name, title, authorize_url: authorizeUrl };
  }
}

/** All providers. */
@ApiSchema({ name: 'AstraProviderList' })
export class ProviderListDto {
  @ApiProperty({ type: [ProviderDto] })
  items: ProviderDto[];
}

/** S256 of a verifier: 32 bytes as base64url (RFC 7636, 4.2). */
const CodeChallengeField = () =>
  applyDecorators(
    ApiProperty({
      example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      description:
        'S256 of a random `code_verifier` that the app keeps (RFC 7636). Without it, the result is worth nothing.',
    }),
    Matches(/^[A-Za-z0-9_-]{43}$/, {
      message: 'The challenge must be the SHA-256 of the verifier as base64url: 43 characters.',
      context: { code: 'string_pattern_mismatch' },
    }),
  );

/** Beginning of a sign-in with a provider. */
@ApiSchema({ name: 'AstraProviderAuthorize' })
export class ProviderAuthorizeDto {
  @ApiProperty({
    example: 'https://app.example.com/signed-in',
    description:
      'Allowed URL that the user is sent to at the end, with `sign_in_token` or `error` as a parameter.',
  })
  @IsString({ message: 'The URL must be a string.' })
  redirect_to: string;

  @CodeChallengeField()
  code_challenge: string;

  @ApiPropertyOptional({
    example: 'ada@example.com',
    maxLength: 254,
    description: 'Account that the provider should offer.',
  })
  @Optional()
  @Length(1, 254, {
    message: 'The hint must be 1 to 254 characters long.',
    context: { code: 'string_length' },
  })
  login_hint?: string;

  @ApiPropertyOptional({
    enum: ['login'],
    example: 'login',
    description:
      'Has the user sign in at the provider again, even if still signed in there. Only then can `POST /users/me/reauthenticate` take the result.',
  })
  @Optional()
  @IsIn(['login'], { message: 'Only "login" is supported here.' })
  prompt?: 'login';
}

/** ID token of a native app. */
@ApiSchema({ name: 'AstraIdTokenCredentials' })
export class IdTokenCredentialsDto {
  @ApiProperty({
    description: 'ID token that the app has received from the provider.',
    example: 'eyJhbGciOiJSUzI1NiJ9.…',
  })
  @MaxInputLength(MAX_TOKEN_LENGTH)
  @IsString({ message: 'The ID token must be a string.' })
  id_token: string;

  @ApiProperty({
    example: 'n-0S6_WzA2Mj',
    description: 'Random nonce of the app. The provider has received it, or its SHA-256 in hexadecimal.',
  })
  @Length(8, 255, {
    message: 'The nonce must be 8 to 255 characters long.',
    context: { code: 'string_length' },
  })
  nonce: string;

  @ApiPropertyOptional({
    example: 'Ada Lovelace',
    maxLength: 100,
    description: 'Name for a new account, if only the app knows it.',
  })
  @Optional()
  @Length(1, 100, {
    message: 'The name must be 1 to 100 characters long.',
    context: { code: 'string_length' },
  })
  full_name?: string;
}
