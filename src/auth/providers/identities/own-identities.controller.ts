import { Body, Delete, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { IdParam } from '../../../http/input/id-param.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { PageQueryDto, toPageBody } from '../../../paging/page.dto.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { EmailNotVerifiedError } from '../../../users/users.errors.js';
import { LastSignInMethodError } from '../../ways-in/ways-in.errors.js';
import { ProviderNameParam } from '../provider-name.param.js';
import { ProviderUnavailableError } from '../providers.errors.js';
import { WAY_TTL, Ways } from '../way/ways.js';
import { IdentitiesService } from './identities.service.js';
import { AuthorizationDto, IdentityDto, IdentityPageDto, LinkIdentityDto } from './identity.dto.js';
import { OwnIdentitiesService } from './own-identities.service.js';

/** Identities of the signed-in user at providers. */
@ApiTags('Users')
@AstraController('users/me/identities')
export class OwnIdentitiesController {
  constructor(
    private readonly own: OwnIdentitiesService,
    private readonly identities: IdentitiesService,
    private readonly ways: Ways,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'identities_list',
    summary: 'List my identities',
    description: 'Newest first.',
  })
  @ApiOkResponse({ type: IdentityPageDto, description: 'A page of identities' })
  async list(
    @CurrentUser() { userId }: SessionPrincipal,
    @Query() query: PageQueryDto,
  ): Promise<IdentityPageDto> {
    return toPageBody(await this.identities.listOf(userId, query), (identity) => IdentityDto.from(identity));
  }

  @Post(':name/authorize')
  @RecentSignIn()
  @RateLimit('link-identity')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'identities_link',
    summary: 'Connect an identity',
    description:
      'Returns the URL of the provider. After the user has signed in there, `redirect_to` is opened with `linked=<name>`, or with `error=<problem code>`, such as `identity-taken`. Sends a notice to your email address.',
  })
  @ApiOkResponse({ type: AuthorizationDto, description: 'The URL of the provider, and a cookie' })
  @ApiProblems(
    new NotFoundError('Provider not found.'),
    new EmailNotVerifiedError(),
    new ProviderUnavailableError(),
  )
  async authorize(
    @CurrentUser() user: SessionPrincipal,
    @Param() { name }: ProviderNameParam,
    @Body() { redirect_to: redirectTo }: LinkIdentityDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<AuthorizationDto> {
    this.own.assertMayLink(user);
    const linking = { userId: user.userId, sessionId: user.sessionId };
    const url = await this.ways.begin(name, { redirectTo, challenge: null, linking }, response);
    return { authorization_url: url.href, expires_in: WAY_TTL };
  }

  @Delete(':id')
  @RecentSignIn()
  @RateLimit('link-identity')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'identities_unlink',
    summary: 'Remove one of my identities',
    description: 'It can no longer be used to sign in. Sends a notice to your email address.',
  })
  @ApiNoContentResponse({ description: 'The identity was removed' })
  @ApiProblems(new NotFoundError('Identity not found.'), new LastSignInMethodError('identity'))
  unlink(
    @CurrentUser() user: SessionPrincipal,
    @Param() { id }: IdParam,
    @FromClient() client: Client,
  ): Promise<void> {
    return this.own.unlink(id, user, client);
  }
}
