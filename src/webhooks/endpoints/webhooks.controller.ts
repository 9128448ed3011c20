import { Body, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import { RecentSignIn } from '../../access/guards/recent-sign-in.guard.js';
import { Roles } from '../../access/guards/roles.guard.js';
import type { Principal } from '../../access/principal.js';
import { IdParam } from '../../http/input/id-param.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../http/problem/problem.js';
import { type PageBody, PageQueryDto, toPageBody } from '../../paging/page.dto.js';
import { Role } from '../../settings/role.js';
import {
  ChangeWebhookDto,
  CreatedWebhookDto,
  NewWebhookDto,
  RotateSecretDto,
  WebhookDto,
  WebhookPageDto,
  WebhookSecretDto,
} from './webhook.dto.js';
import { TooManyWebhooksError } from './webhooks.errors.js';
import { MAX_WEBHOOKS, WebhooksService } from './webhooks.service.js';

/** Webhooks, for admins. */
@ApiTags('Administration')
@AstraController('admin/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  /** Lists all of them; there are at most {@link MAX_WEBHOOKS}. */
  @Get()
  @Roles(Role.Admin)
  @ApiOperation({ operationId: 'webhooks_list', summary: 'List webhooks', description: 'Newest first.' })
  @ApiOkResponse({ type: WebhookPageDto, description: 'A page of webhooks' })
  async list(@Query() query: PageQueryDto): Promise<PageBody<WebhookDto>> {
    return toPageBody(await this.webhooks.list(query), (webhook) => WebhookDto.from(webhook));
  }

  /** Adds a webhook. A type that is listed twice counts once. */
  @Post()
  @Roles(Role.Admin)
  @RecentSignIn()
  @ApiOperation({
    operationId: 'webhooks_create',
    summary: 'Add a webhook',
    description:
      'Events of these types are sent to the URL from now on. The response shows the secret, which cannot be read again.',
  })
  @ApiCreatedResponse({ type: CreatedWebhookDto, description: 'The new webhook' })
  @ApiProblems(new TooManyWebhooksError(MAX_WEBHOOKS))
  async create(
    @Body() { url, types, data, description }: NewWebhookDto,
    @CurrentUser() { userId: actorId }: Principal,
    @FromClient() client: Client,
  ): Promise<CreatedWebhookDto> {
    const fields = { url, types: [...new Set(types)], data, description: description || null, enabled: true };
    const { webhook, secret } = await this.webhooks.create(fields, { actorId, client });
    return CreatedWebhookDto.of(webhook, secret);
  }

  /** Shows a webhook without its secrets. */
  @Get(':id')
  @Roles(Role.Admin)
  @ApiOperation({ operationId: 'webhooks_show', summary: 'Show a webhook' })
  @ApiOkResponse({ type: WebhookDto, description: 'The webhook' })
  @ApiProblems(new NotFoundError('Webhook not found.'))
  async show(@Param() { id }: IdParam): Promise<WebhookDto> {
    return WebhookDto.from(await this.webhooks.get(id));
  }

  /** Changes the fields that the body has. An empty description is removed. */
  @Patch(':id')
  @Roles(Role.Admin)
  @RecentSignIn()
  @ApiOperation({
    operationId: 'webhooks_change',
    summary: 'Change a webhook',
    description:
      'A disabled webhook misses the events of the meantime. Deliveries that become due while it is disabled fail.',
  })
  @ApiOkResponse({ type: WebhookDto, description: 'The changed webhook' })
  @ApiProblems(new NotFoundError('Webhook not found.'))
  async change(
    @Param() { id }: IdParam,
    @Body() { types, description, ...changes }: ChangeWebhookDto,
    @CurrentUser() { userId: actorId }: Principal,
    @FromClient() client: Client,
  ): Promise<WebhookDto> {
    const all = {
      ...changes,
      ...(types && { types: [...new Set(types)] }),
      ...(description !== undefined && { description: description || null }),
    };
    return WebhookDto.from(await this.webhooks.change(id, all, { actorId, client }));
  }

  /** Deletes a webhook at once; its deliveries are purged when they are old. */
  @Delete(':id')
  @Roles(Role.Admin)
  @RecentSignIn()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'webhooks_delete',
    summary: 'Delete a webhook',
    description: 'What waits for it is no longer sent.',
  })
  @ApiNoContentResponse({ description: 'The webhook was deleted' })
  @ApiProblems(new NotFoundError('Webhook not found.'))
  async remove(
    @Param() { id }: IdParam,
    @CurrentUser() { userId: actorId }: Principal,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.webhooks.remove(id, { actorId, client });
  }

  /** Replaces the secret, with an overlap in which both sign. */
  @Post(':id/secret')
  @Roles(Role.Admin)
  @RecentSignIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'webhooks_rotate_secret',
    summary: 'Replace the secret of a webhook',
    description:
      'Until the overlap ends, both secrets sign. A secret that was replaced before no longer does.',
  })
  @ApiOkResponse({ type: WebhookSecretDto, description: 'The new secret' })
  @ApiProblems(new NotFoundError('Webhook not found.'))
  async rotate(
    @Param() { id }: IdParam,
    @Body() { overlap_hours }: RotateSecretDto,
    @CurrentUser() { userId: actorId }: Principal,
    @FromClient() client: Client,
  ): Promise<WebhookSecretDto> {
    return { secret: await this.webhooks.rotate(id, overlap_hours, { actorId, client }) };
  }
}
