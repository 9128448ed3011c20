import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { IdParam } from '../../http/input/id-param.js';
import { Optional } from '../../http/input/optional.decorator.js';
import { PageOf, PageQueryDto } from '../../paging/page.dto.js';
import { webhookTypeNames } from '../catalogue/webhook-types.js';
import { type DeliveryStatus, deliveryStatuses, type WebhookDelivery } from './webhook-delivery.entity.js';

/** State of a delivery in the OpenAPI document. */
const aboutStatus = { enum: deliveryStatuses, enumName: 'AstraWebhookDeliveryStatus', example: 'failed' };

/** Filter and page of a list of deliveries. */
export class DeliveryListQueryDto extends PageQueryDto {
  @ApiPropertyOptional(aboutStatus)
  @Optional()
  @IsIn(deliveryStatuses, { message: `The status must be one of: ${deliveryStatuses.join(', ')}.` })
  status?: DeliveryStatus;
}

/** Path parameters of a delivery. */
export class DeliveryParams extends IdParam {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  @IsUUID(undefined, { message: 'The id of the delivery must be a UUID.' })
  delivery: string;
}

/** Delivery of an event to an endpoint. What the endpoint responded, apart from the status, is not stored. */
@ApiSchema({ name: 'AstraWebhookDelivery' })
export class DeliveryDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  id: string;

  @ApiProperty({ format: 'uuid', example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' })
  webhook_id: string;

  @ApiProperty({ enum: webhookTypeNames, example: 'user.registered' })
  type: string;

  @ApiProperty(aboutStatus)
  status: DeliveryStatus;

  @ApiProperty({ type: 'integer', example: 10, description: 'Number of tries so far.' })
  attempts: number;

  @ApiProperty({
    ...{ type: 'integer', nullable: true, example: 503 },
    description: 'HTTP status of the last response. `null` if there was none.',
  })
  last_status: number | null;

  @ApiProperty({
    ...{ type: 'string', nullable: true, example: 'status' },
    description:
      'Kind of the last failure. `status`: the response was not 2xx; `redirected`: it was 3xx, which is not followed; `timeout`: there was none within 15 seconds; `unreachable`: no connection, a TLS error, or no HTTP; `not_public`: an address of the host is in an inner network; `url_…`: the settings no longer allow the URL; `secret_lost`: the secret of the webhook was encrypted with a SECRET_KEY that the service does not have; `disabled`: the webhook is disabled.',
  })
  last_error: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: null })
  next_attempt_at: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  /** Converts a delivery, which was read with its event. */
  static from(delivery: WebhookDelivery): DeliveryDto {
    return {
      id: delivery.id,
      webhook_id: delivery.webhookId,
      type: delivery.event.type,
      status: delivery.status,
      attempts: delivery.attempts,
      last_status: delivery.lastStatus,
      last_error: delivery.lastError,
      next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
      created_at: delivery.createdAt.toISOString(),
    };
  }
}

/** Page of deliveries. */
@ApiSchema({ name: 'AstraWebhookDeliveryPage' })
export class DeliveryPageDto extends PageOf(DeliveryDto) {}

/** Confirmation that an event is about to be sent. */
@ApiSchema({ name: 'AstraWebhookQueued' })
export class QueuedDto {
  @ApiProperty({ example: 'A ping will be sent at once.' })
  detail: string;
}
