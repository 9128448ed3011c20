import { Body, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { CurrentUser } from '../../../access/current-user.decorator.js';
import { RecentSignIn } from '../../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { IdParam } from '../../../http/input/id-param.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../http/problem/problem.js';
import { PageQueryDto, toPageBody } from '../../../paging/page.dto.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { EmailNotVerifiedError } from '../../../users/users.errors.js';
import { EnrolmentService } from '../enrolment.service.js';
import { assertMayAddFactor } from '../may-add-factor.js';
import {
  AddedFactorDto,
  ConfirmTotpDto,
  FactorDto,
  FactorPageDto,
  NewTotpDto,
  RenameFactorDto,
  TotpSetupDto,
  UnconfirmedTotpDto,
} from '../factor.dto.js';
import { FactorExistsError, FactorRequiredByRoleError, InvalidProofError } from '../factors.errors.js';
import { FactorListService, listedAs } from './factor-list.service.js';
import { OwnFactorsService } from './own-factors.service.js';
import { RecoveryCodesService } from '../recovery-codes/recovery-codes.service.js';
import { LastSignInMethodError } from '../../ways-in/ways-in.errors.js';
import { TOTP_SETUP_TTL } from '../totp/totp.service.js';

const noSuchFactor = new NotFoundError('Factor not found.');

/** Second factors of the signed-in user. Passkeys are added at `/users/me/passkeys`, and are factors like others here. */
@ApiTags('Users')
@AstraController('users/me/factors')
export class OwnFactorsController {
  constructor(
    private readonly factors: FactorListService,
    private readonly codes: RecoveryCodesService,
    private readonly enrolment: EnrolmentService,
    private readonly own: OwnFactorsService,
    private readonly settings: AuthSettings,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'factors_list',
    summary: 'List my second factors',
    description: 'Authenticator apps and passkeys, newest first.',
  })
  @ApiOkResponse({ type: FactorPageDto, description: 'A page of factors' })
  async list(
    @CurrentUser() { userId }: SessionPrincipal,
    @Query() query: PageQueryDto,
  ): Promise<FactorPageDto> {
    const page = toPageBody(await this.factors.pageOf(userId, query), FactorDto.from);
    return { ...page, recovery_codes_left: await this.codes.left(userId) };
  }

  @Post('totp')
  @RecentSignIn()
  @HttpCode(HttpStatus.CREATED)
  @ApiOperation({
    operationId: 'factors_add_totp',
    summary: 'Add an authenticator app',
    description:
      'The app is required at sign-in once it is confirmed with a first code. Replaces one that was not confirmed.',
  })
  @ApiCreatedResponse({ type: UnconfirmedTotpDto, description: 'The secret for the app' })
  @ApiProblems(new FactorExistsError(), new EmailNotVerifiedError())
  async add(
    @CurrentUser() principal: SessionPrincipal,
    @Body() { name }: NewTotpDto,
  ): Promise<UnconfirmedTotpDto> {
    assertMayAddFactor(principal.emailVerified, this.settings);
    const { id, ...setup } = await this.enrolment.begin(principal.userId, name);
    return Object.assign(TotpSetupDto.from(setup), { id, expires_in: TOTP_SETUP_TTL });
  }

  @Post('totp/confirm')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'factors_confirm_totp',
    summary: 'Confirm an authenticator app',
    description:
      'Takes the first code of the app. The first factor of an account ends all other sessions, and returns ten recovery codes.',
  })
  @ApiOkResponse({ type: AddedFactorDto, description: 'The factor, and recovery codes that are shown once' })
  @ApiProblems(new InvalidProofError(), noSuchFactor)
  async confirm(
    @CurrentUser() principal: SessionPrincipal,
    @Body() { id, totp_code }: ConfirmTotpDto,
    @FromClient() client: Client,
  ): Promise<AddedFactorDto> {
    const { factor, recoveryCodes } = await this.enrolment.confirm(principal, id, totp_code, client);
    return { factor: FactorDto.from(listedAs('totp', factor)), recovery_codes: recoveryCodes };
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'factors_rename', summary: 'Rename one of my second factors' })
  @ApiOkResponse({ type: FactorDto, description: 'The renamed factor' })
  @ApiProblems(noSuchFactor)
  async rename(
    @CurrentUser() { userId }: SessionPrincipal,
    @Param() { id }: IdParam,
    @Body() { name }: RenameFactorDto,
  ): Promise<FactorDto> {
    const factor = await this.factors.rename(id, userId, name);
    if (!factor) throw new NotFoundError('Factor not found.');
    return FactorDto.from(factor);
  }

  @Delete(':id')
  @RecentSignIn({ factors: 2 })
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'factors_remove',
    summary: 'Remove one of my second factors',
    description: 'Ends all other sessions. The recovery codes are deleted with the last factor.',
  })
  @ApiNoContentResponse({ description: 'The factor was removed' })
  @ApiProblems(noSuchFactor, new FactorRequiredByRoleError(), new LastSignInMethodError('passkey'))
  async remove(
    @CurrentUser() principal: SessionPrincipal,
    @Param() { id }: IdParam,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.own.remove(principal, id, client);
  }
}
