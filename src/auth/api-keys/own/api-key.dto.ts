import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { NameField } from '../../../http/input/name-field.js';
import { Optional } from '../../../http/input/optional.decorator.js';
import { PageOf } from '../../../paging/page.dto.js';
import type { CreatedApiKey } from '../api-key-changes.service.js';
import type { ApiKey } from '../api-key.entity.js';

/** Maximum length of a name in UTF-16 units, as in the column `auth_api_keys.name`. */
const MAX_NAME = 80;
/** Maximum length of a scope, and number of scopes of one key. */
const MAX_SCOPE = 64;
const MAX_SCOPES = 50;
/** Maximum lifetime in days; the settings may allow less. */
const MAX_DAYS = 365;

const numberMessage = `This must be a whole number from 1 to ${MAX_DAYS}.`;

/** New API key. */
@ApiSchema({ name: 'AstraNewApiKey' })
export class NewApiKeyDto {
  @ApiProperty({ example: 'Nightly export', minLength: 1, maxLength: MAX_NAME })
  @NameField(MAX_NAME)
  name: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', maxLength: MAX_SCOPE },
    minItems: 1,
    maxItems: MAX_SCOPES,
    uniqueItems: true,
    example: ['profile:read'],
    description:
      'What the key may do, as far as your role permits: `profile:read`, `users:read`, `users:write`, `audit:read`, and those of the application.',
  })
  @IsArray({ message: 'The scopes must be a list.', context: { code: 'list_type' } })
  @ArrayMinSize(1, { message: 'At least one scope is required.', context: { code: 'too_short' } })
  @ArrayMaxSize(MAX_SCOPES, {
    message: `At most ${MAX_SCOPES} scopes are allowed.`,
    context: { code: 'too_long' },
  })
  @ArrayUnique({ message: 'A scope must not be repeated.', context: { code: 'value_error' } })
  @IsString({ each: true, message: 'Each scope must be a string.' })
  @MaxLength(MAX_SCOPE, {
    each: true,
    message: `A scope must be at most ${MAX_SCOPE} characters long.`,
    context: { code: 'string_too_long' },
  })
  scopes: string[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_DAYS,
    default: 90,
    example: 90,
    description: 'Lifetime in days. The settings may allow less.',
  })
  @Optional()
  @IsInt({ message: numberMessage, context: { code: 'int_type' } })
  @Min(1, { message: numberMessage, context: { code: 'greater_than_equal' } })
  @Max(MAX_DAYS, { message: numberMessage, context: { code: 'less_than_equal' } })
  expires_in_days?: number;
}

/** New name of an API key. */
@ApiSchema({ name: 'AstraRenameApiKey' })
export class RenameApiKeyDto {
  @ApiProperty({ example: 'Nightly export', minLength: 1, maxLength: MAX_NAME })
  @NameField(MAX_NAME)
  name: string;
}

/** API key as shown to its owner and to admins: never its token. */
@ApiSchema({ name: 'AstraApiKey' })
export class ApiKeyDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  id: string;

  @ApiProperty({ example: 'Nightly export' })
  name: string;

  @ApiProperty({ example: '0Xk9', description: 'The last four letters of the token.' })
  hint: string;

  @ApiProperty({ type: [String], example: ['profile:read'] })
  scopes: string[];

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  @ApiProperty({ format: 'date-time', example: '2027-02-20T10:00:00.000Z' })
  expires_at: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: '2026-11-22T10:14:00.000Z',
    description: 'Exact to an hour. `null` until the first use.',
  })
  last_used_at: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: '203.0.113.7' })
  last_used_ip: string | null;

  /** Converts an API key. */
  static from(key: ApiKey): ApiKeyDto {
    return {
      id: key.id,
      name: key.name,
      hint: key.hint,
      scopes: key.scopes,
      created_at: key.createdAt.toISOString(),
      expires_at: key.expiresAt.toISOString(),
      last_used_at: key.lastUsedAt?.toISOString() ?? null,
      last_used_ip: key.lastUsedIp,
    };
  }
}

/** Created API key with its token. */
@ApiSchema({ name: 'AstraCreatedApiKey' })
export class CreatedApiKeyDto extends ApiKeyDto {
  @ApiProperty({
    example: 'astra_pat_…',
    description: 'The token, which is shown only once. Send it as `Authorization: Bearer` or as `X-API-Key`.',
  })
  token: string;

  /** Converts a new API key, together with its token. */
  static of({ key, token }: CreatedApiKey): CreatedApiKeyDto {
    return Object.assign(ApiKeyDto.from(key), { token });
  }
}

/** Page of API keys. */
@ApiSchema({ name: 'AstraApiKeyPage' })
export class ApiKeyPageDto extends PageOf(ApiKeyDto) {}
