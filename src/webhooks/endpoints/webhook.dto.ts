import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { OptionalBody } from '../../http/input/input.pipe.js';
import { Optional } from '../../http/input/optional.decorator.js';
import { PageOf } from '../../paging/page.dto.js';
import { webhookGroups, webhookTypeNames } from '../catalogue/webhook-types.js';
import {
  type DisabledReason,
  disabledReasons,
  type Webhook,
  type WebhookDataKind,
  webhookDataKinds,
} from './webhook.entity.js';

/** All that can be subscribed to. */
const SUBSCRIPTIONS: readonly string[] = [...webhookGroups, ...webhookTypeNames];
/** Maximum length of a description in UTF-16 units. */
const MAX_DESCRIPTION = 200;
/** A week: longer, and nobody remembers that an old secret still signs. */
const MAX_OVERLAP_HOURS = 168;

/** URL to set in the OpenAPI document. */
const aboutUrl = { example: 'https://hooks.example.com/astra', format: 'uri', maxLength: 1024 };
/** Subscriptions in the OpenAPI document. */
const aboutTypes = {
  type: [String] as [StringConstructor],
  example: ['user.*'],
  description: `Types of events, or groups of them: ${SUBSCRIPTIONS.map((name) => `\`${name}\``).join(', ')}. \`webhooks\` of this document describes each type.`,
};
/** Data of events in the OpenAPI document. */
const aboutData = {
  enum: webhookDataKinds,
  enumName: 'AstraWebhookData',
  example: 'thin',
  description: '`thin` has ids and what changed; `full` has names, email addresses and IP addresses as well.',
};
/** New secret in the OpenAPI document. */
const aboutSecret = {
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
  description: 'Verifies the signatures (Standard Webhooks). It cannot be read again.',
};

/** Validates the type only. Whether the URL is allowed depends on the settings, see `refusalOf`. */
const IsUrlText = () => IsString({ message: 'The URL must be a string.' });
/** Validates a list of types and groups. */
const IsTypes = () => (target: object, key: string) => {
  IsArray({ message: 'The types must be a list.' })(target, key);
  ArrayNotEmpty({ message: 'There must be at least one type.' })(target, key);
  ArrayMaxSize(SUBSCRIPTIONS.length, { message: 'There are not as many types.' })(target, key);
  IsIn(SUBSCRIPTIONS, { each: true, message: 'Each type must be one of those listed in the documentation.' })(
    target,
    key,
  );
};
/** Validates a description, which may be empty. */
const IsDescription = () => (target: object, key: string) => {
  IsString({ message: 'The description must be a string.' })(target, key);
  MaxLength(MAX_DESCRIPTION, {
    message: `The description must be at most ${MAX_DESCRIPTION} characters long.`,
    context: { code: 'string_too_long' },
  })(target, key);
};

/** New webhook. */
@ApiSchema({ name: 'AstraNewWebhook' })
export class NewWebhookDto {
  @ApiProperty(aboutUrl)
  @IsUrlText()
  url: string;

  @ApiProperty(aboutTypes)
  @IsTypes()
  types: string[];

  @ApiPropertyOptional({ ...aboutData, default: 'thin' })
  @Optional()
  @IsIn(webhookDataKinds, { message: 'The data must be thin or full.' })
  data: WebhookDataKind = 'thin';

  @ApiPropertyOptional({ example: 'Billing', maxLength: MAX_DESCRIPTION })
  @Optional()
  @IsDescription()
  description?: string;
}

/** Changes to a webhook. */
@ApiSchema({ name: 'AstraChangeWebhook' })
export class ChangeWebhookDto {
  @ApiPropertyOptional(aboutUrl)
  @Optional()
  @IsUrlText()
  url?: string;

  @ApiPropertyOptional(aboutTypes)
  @Optional()
  @IsTypes()
  types?: string[];

  @ApiPropertyOptional(aboutData)
  @Optional()
  @IsIn(webhookDataKinds, { message: 'The data must be thin or full.' })
  data?: WebhookDataKind;

  @ApiPropertyOptional({ example: true })
  @Optional()
  @IsBoolean({ message: 'This must be true or false.' })
  enabled?: boolean;

  @ApiPropertyOptional({
    ...{ example: 'Billing', maxLength: MAX_DESCRIPTION },
    description: 'Send an empty string to remove it.',
  })
  @Optional()
  @IsDescription()
  description?: string;
}

/** Replacement of the secret of a webhook. */
@ApiSchema({ name: 'AstraRotateWebhookSecret' })
@OptionalBody()
export class RotateSecretDto {
  @ApiPropertyOptional({
    ...{ type: 'integer', minimum: 0, maximum: MAX_OVERLAP_HOURS, default: 24, example: 24 },
    description: 'How long the old secret still signs as well. Send 0 if somebody else may know it.',
  })
  @Optional()
  @IsInt({ message: 'The hours must be a whole number.', context: { code: 'int_type' } })
  @Min(0, { message: 'The hours must be at least 0.', context: { code: 'greater_than_equal' } })
  @Max(MAX_OVERLAP_HOURS, {
    message: `The hours must be at most ${MAX_OVERLAP_HOURS}.`,
    context: { code: 'less_than_equal' },
  })
  overlap_hours: number = 24;
}

/** Secret of a webhook, which is shown once. */
@ApiSchema({ name: 'AstraWebhookSecret' })
export class WebhookSecretDto {
  @ApiProperty(aboutSecret)
  secret: string;
}

/** Webhook as shown to admins. */
@ApiSchema({ name: 'AstraWebhook' })
export class WebhookDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  id: string;

  @ApiProperty({ format: 'uri', example: 'https://hooks.example.com/astra' })
  url: string;

  @ApiProperty(aboutTypes)
  types: string[];

  @ApiProperty(aboutData)
  data: WebhookDataKind;

  @ApiProperty({ example: true })
  enabled: boolean;

  @ApiProperty({ type: 'string', nullable: true, example: 'Billing' })
  description: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  @ApiProperty({
    ...{ type: 'string', format: 'date-time', nullable: true, example: null },
    description:
      'Time of the first failure since the last success. After five days, the webhook is disabled.',
  })
  failing_since: string | null;

  @ApiProperty({
    ...{ type: 'string', enum: [...disabledReasons, null], nullable: true, example: null },
    description: '`admin`: by an admin; `gone`: the endpoint responded with 410; `failing`: for five days.',
  })
  disabled_reason: DisabledReason | null;

  /** Converts a webhook. */
  static from(webhook: Webhook): WebhookDto {
    return {
      id: webhook.id,
      url: webhook.url,
      types: webhook.types,
      data: webhook.data,
      enabled: webhook.enabled,
      description: webhook.description,
      created_at: webhook.createdAt.toISOString(),
      failing_since: webhook.failingSince?.toISOString() ?? null,
      disabled_reason: webhook.disabledReason,
    };
  }
}

/** New webhook with its secret. */
@ApiSchema({ name: 'AstraCreatedWebhook' })
export class CreatedWebhookDto extends WebhookDto implements WebhookSecretDto {
  @ApiProperty(aboutSecret)
  secret: string;

  /** Converts a new webhook. */
  static of(webhook: Webhook, secret: string): CreatedWebhookDto {
    return Object.assign(WebhookDto.from(webhook), { secret });
  }
}

/** Page of webhooks. */
@ApiSchema({ name: 'AstraWebhookPage' })
export class WebhookPageDto extends PageOf(WebhookDto) {}
