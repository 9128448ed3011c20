import { Body, Delete, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
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
import { Roles } from '../../../access/guards/roles.guard.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { NotForPersonsError, TooManyApiKeysError } from '../../../auth/api-keys/api-keys.errors.js';
import { MAX_API_KEYS } from '../../../auth/api-keys/api-keys.service.js';
import {
  ApiKeyDto,
  ApiKeyPageDto,
  CreatedApiKeyDto,
  NewApiKeyDto,
} from '../../../auth/api-keys/own/api-key.dto.js';
import { IdParam } from '../../../http/input/id-param.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { PageQueryDto, toPageBody } from '../../../paging/page.dto.js';
import { Role } from '../../../settings/role.js';
import { UserApiKeyParams } from './user-api-key-params.js';
import { UserApiKeysService } from './user-api-keys.service.js';

/** API keys of accounts, for admins. No key opens these routes, so that no key can make another. */
@ApiTags('Administration')
@AstraController('admin/users/:id/api-keys')
@Roles(Role.Admin)
export class UserApiKeysController {
  constructor(private readonly keys: UserApiKeysService) {}

  @Get()
  @ApiOperation({
    operationId: 'admin_api_keys_list',
    summary: 'List the API keys of an account',
    description: 'Newest first.',
  })
  @ApiOkResponse({ type: ApiKeyPageDto, description: 'A page of API keys' })
  @ApiProblems(new NotFoundError('User not found.'))
  async list(@Param() { id }: IdParam, @Query() query: PageQueryDto): Promise<ApiKeyPageDto> {
    return toPageBody(await this.keys.list(id, query), (key) => ApiKeyDto.from(key));
  }

  @Post()
  @RecentSignIn()
  @ApiOperation({
    operationId: 'admin_api_keys_create',
    summary: 'Create an API key of a service account',
    description: 'The response contains the token, which is shown only once.',
  })
  @ApiCreatedResponse({ type: CreatedApiKeyDto, description: 'The new API key, with its token' })
  @ApiProblems(
    new NotForPersonsError(),
    new NotFoundError('User not found.'),
    new TooManyApiKeysError(MAX_API_KEYS),
  )
  async create(
    @Param() { id }: IdParam,
    @Body() { name, scopes, expires_in_days: days }: NewApiKeyDto,
    @CurrentUser() principal: SessionPrincipal,
    @FromClient() client: Client,
  ): Promise<CreatedApiKeyDto> {
    const operator = { principal, client };
    return CreatedApiKeyDto.of(await this.keys.create(id, { name, scopes, days }, operator));
  }

  @Delete(':key')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'admin_api_keys_revoke',
    summary: 'Revoke an API key of an account',
    description: 'Requests with it are refused at once, on all instances.',
  })
  @ApiNoContentResponse({ description: 'The API key was revoked' })
  @ApiProblems(new NotFoundError('API key not found.'))
  revoke(
    @Param() { id, key }: UserApiKeyParams,
    @CurrentUser() principal: SessionPrincipal,
    @FromClient() client: Client,
  ): Promise<void> {
    return this.keys.revoke(id, key, { principal, client });
  }
}
