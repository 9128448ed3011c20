import { Body, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { IdParam } from '../../../http/input/id-param.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { PageQueryDto, toPageBody } from '../../../paging/page.dto.js';
import { TooManyApiKeysError } from '../api-keys.errors.js';
import { ApiKeysService, MAX_API_KEYS } from '../api-keys.service.js';
import { ApiKeyDto, ApiKeyPageDto, CreatedApiKeyDto, NewApiKeyDto, RenameApiKeyDto } from './api-key.dto.js';
import { OwnApiKeysService } from './own-api-keys.service.js';

/** API keys of the signed-in user. No key opens these routes, so that no key can make another. */
@ApiTags('API keys')
@AstraController('users/me/api-keys')
export class OwnApiKeysController {
  constructor(
    private readonly own: OwnApiKeysService,
    private readonly keys: ApiKeysService,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'api_keys_list', summary: 'List my API keys', description: 'Newest first.' })
  @ApiOkResponse({ type: ApiKeyPageDto, description: 'A page of API keys' })
  async list(
    @CurrentUser() { userId }: SessionPrincipal,
    @Query() query: PageQueryDto,
  ): Promise<ApiKeyPageDto> {
    return toPageBody(await this.keys.listOf(userId, query), (key) => ApiKeyDto.from(key));
  }

  @Post()
  @RecentSignIn()
  @ApiOperation({
    operationId: 'api_keys_create',
    summary: 'Create an API key',
    description: 'The response contains the token, which is shown only once. You receive a notice by email.',
  })
  @ApiCreatedResponse({ type: CreatedApiKeyDto, description: 'The new API key, with its token' })
  @ApiProblems(new TooManyApiKeysError(MAX_API_KEYS))
  async create(
    @CurrentUser() user: SessionPrincipal,
    @Body() { name, scopes, expires_in_days: days }: NewApiKeyDto,
    @FromClient() client: Client,
  ): Promise<CreatedApiKeyDto> {
    return CreatedApiKeyDto.of(await this.own.create(user, { name, scopes, days }, client));
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'api_keys_rename', summary: 'Rename one of my API keys' })
  @ApiOkResponse({ type: ApiKeyDto, description: 'The renamed API key' })
  @ApiProblems(new NotFoundError('API key not found.'))
  async rename(
    @CurrentUser() { userId }: SessionPrincipal,
    @Param() { id }: IdParam,
    @Body() { name }: RenameApiKeyDto,
  ): Promise<ApiKeyDto> {
    const key = await this.keys.rename(id, userId, name);
    if (!key) throw new NotFoundError('API key not found.');
    return ApiKeyDto.from(key);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'api_keys_revoke',
    summary: 'Revoke one of my API keys',
    description: 'Requests with it are refused at once, on all instances.',
  })
  @ApiNoContentResponse({ description: 'The API key was revoked' })
  @ApiProblems(new NotFoundError('API key not found.'))
  revoke(
    @CurrentUser() { userId }: SessionPrincipal,
    @Param() { id }: IdParam,
    @FromClient() client: Client,
  ): Promise<void> {
    return this.own.revoke(id, userId, client);
  }
}
