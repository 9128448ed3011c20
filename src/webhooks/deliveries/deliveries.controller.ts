import { Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { Roles } from '../../access/guards/roles.guard.js';
import { IdParam } from '../../http/input/id-param.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../http/problem/problem.js';
import { type PageBody, toPageBody } from '../../paging/page.dto.js';
import { Role } from '../../settings/role.js';
import { WebhookDisabledError } from '../endpoints/webhooks.errors.js';
import { WebhooksService } from '../endpoints/webhooks.service.js';
import { WebhookEventsService } from '../events/webhook-events.service.js';
import { DeliveriesService } from './deliveries.service.js';
import {
  DeliveryDto,
  DeliveryListQueryDto,
  DeliveryPageDto,
  DeliveryParams,
  QueuedDto,
} from './delivery.dto.js';

/** Deliveries of webhooks, for admins: to look at them, and to have events sent. */
@ApiTags('Administration')
@AstraController('admin/webhooks')
export class DeliveriesController {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly webhooks: WebhooksService,
    private readonly deliveries: DeliveriesService,
    private readonly events: WebhookEventsService,
  ) {}

  /** Lists deliveries, in all states or in one. */
  @Get(':id/deliveries')
  @Roles(Role.Admin)
  @ApiOperation({
    operationId: 'webhooks_list_deliveries',
    summary: 'List the deliveries to a webhook',
    description: 'Newest first. They are kept for 30 days.',
  })
  @ApiOkResponse({ type: DeliveryPageDto, description: 'A page of deliveries' })
  @ApiProblems(new NotFoundError('Webhook not found.'))
  async list(@Param() { id }: IdParam, @Query() query: DeliveryListQueryDto): Promise<PageBody<DeliveryDto>> {
    await this.webhooks.get(id);
    return toPageBody(await this.deliveries.listOf(id, query), (delivery) => DeliveryDto.from(delivery));
  }

  /** Has a delivery sent again, such as after the endpoint was repaired. It needs no recent sign-in: it reveals nothing. */
  @Post(':id/deliveries/:delivery/retry')
  @Roles(Role.Admin)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'webhooks_retry_delivery',
    summary: 'Send a delivery again',
    description: 'At once, with the same `webhook-id`. If it fails, it is tried again as at first.',
  })
  @ApiAcceptedResponse({ type: QueuedDto, description: 'The delivery will be sent' })
  @ApiProblems(new WebhookDisabledError(), new NotFoundError('Delivery not found.'))
  async retry(@Param() { id, delivery }: DeliveryParams): Promise<QueuedDto> {
    await this.db.transaction(async (tx) => {
      await this.webhooks.getEnabled(id, tx);
      await this.deliveries.retry(delivery, id, tx);
    });
    return { detail: 'The delivery will be sent at once.' };
  }

  /** Has a `ping` sent, which contains nothing. */
  @Post(':id/test')
  @Roles(Role.Admin)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'webhooks_test',
    summary: 'Send a ping to a webhook',
    description: 'It is sent whatever the webhook has subscribed to, and listed among its deliveries.',
  })
  @ApiAcceptedResponse({ type: QueuedDto, description: 'The ping will be sent' })
  @ApiProblems(new WebhookDisabledError(), new NotFoundError('Webhook not found.'))
  async test(@Param() { id }: IdParam): Promise<QueuedDto> {
    await this.db.transaction(async (tx) => {
      await this.webhooks.getEnabled(id, tx);
      await this.events.ping(id, tx);
    });
    return { detail: 'A ping will be sent at once.' };
  }
}
