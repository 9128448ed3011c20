import { Body, Delete, Get, HttpCode, HttpStatus, Query, StreamableFile } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import { RecentSignIn, RecentSignInOrPassword } from '../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { AuditEventDto, AuditEventPageDto } from '../../audit/audit-event.dto.js';
import { AuditService } from '../../audit/audit.service.js';
import { type PageBody, PageQueryDto, toPageBody } from '../../paging/page.dto.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { LastAdminError } from '../../users/users.errors.js';
import { InvalidCredentialsError } from '../passwords/passwords.errors.js';
import { AccountDeletionService } from './account-deletion.service.js';
import { AccountExportDto, AccountExportService } from './account-export.service.js';
import { DeleteAccountDto } from './delete-account.dto.js';

/** Deletion, export and activity of the signed-in user's account. */
@ApiTags('Users')
@AstraController('users/me')
export class AccountController {
  constructor(
    private readonly deletion: AccountDeletionService,
    private readonly exports: AccountExportService,
    private readonly audit: AuditService,
  ) {}

  @Delete()
  @RecentSignInOrPassword()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'account_remove',
    summary: 'Delete my account',
    description:
      'Ends all sessions and releases the username and email address at once. The data is erased after 30 days. Until then, an admin can restore the account.',
  })
  @ApiNoContentResponse({ description: 'The account was deleted' })
  @ApiProblems(new InvalidCredentialsError(), new LastAdminError())
  async remove(
    @CurrentUser() principal: SessionPrincipal,
    @Body() { current_password }: DeleteAccountDto,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.deletion.remove(principal, current_password, client);
  }

  @Get('export')
  @RecentSignIn()
  @RateLimit('export')
  @ApiOperation({
    operationId: 'account_export',
    summary: 'Export my data',
    description:
      'Returns all data stored about the account (GDPR, articles 15 and 20), without hashes, tokens and keys. The response is streamed. Only one export per account can run at a time.',
  })
  @ApiOkResponse({ type: AccountExportDto, description: 'Account, sessions, factors and events' })
  async export(
    @CurrentUser() principal: SessionPrincipal,
    @FromClient() client: Client,
  ): Promise<StreamableFile> {
    const type = 'application/json; charset=utf-8';
    return new StreamableFile(await this.exports.export(principal, client), { type });
  }

  @Get('events')
  @ApiOperation({
    operationId: 'account_list_events',
    summary: 'List my recent activity',
    description: 'Events of the account, newest first.',
  })
  @ApiOkResponse({ type: AuditEventPageDto, description: 'A page of events' })
  async listEvents(
    @CurrentUser() { userId }: SessionPrincipal,
    @Query() { limit, cursor }: PageQueryDto,
  ): Promise<PageBody<AuditEventDto>> {
    return toPageBody(await this.audit.list({ userId, limit, cursor }), (event) =>
      AuditEventDto.forOwner(event, userId),
    );
  }
}
