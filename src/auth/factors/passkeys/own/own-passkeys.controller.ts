import { Body, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AstraController } from '../../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../../access/client.decorator.js';
import { RecentSecondFactor, RecentSignIn } from '../../../../access/guards/recent-sign-in.guard.js';
import { CurrentUser } from '../../../../access/current-user.decorator.js';
import type { SessionPrincipal } from '../../../../access/principal.js';
import { IdParam } from '../../../../http/input/id-param.js';
import { ApiProblems } from '../../../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../../../http/problem/problem.js';
import { PageQueryDto, toPageBody } from '../../../../paging/page.dto.js';
import { EmailNotVerifiedError } from '../../../../users/users.errors.js';
import { LastSignInMethodError } from '../../../ways-in/ways-in.errors.js';
import { FactorRequiredByRoleError } from '../../factors.errors.js';
import { Ceremonies, userHandleOf } from '../ceremonies.js';
import { ChallengeExpiredError, PasskeyExistsError, TooManyPasskeysError } from '../passkeys.errors.js';
import { MAX_PASSKEYS, PasskeysService } from '../passkeys.service.js';
import { PasskeyCreationOptionsDto } from '../webauthn/passkey-options.dto.js';
import { readRegistration, type Registration } from '../webauthn/responses.js';
import { OwnPasskeysService } from './own-passkeys.service.js';
import {
  AddedPasskeyDto,
  NewPasskeyDto,
  PasskeyDto,
  PasskeyPageDto,
  RenamePasskeyDto,
} from './passkey.dto.js';

/** Passkeys of the signed-in user. */
@ApiTags('Passkeys')
@AstraController('users/me/passkeys')
export class OwnPasskeysController {
  constructor(
    private readonly own: OwnPasskeysService,
    private readonly passkeys: PasskeysService,
    private readonly ceremonies: Ceremonies,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'passkeys_list', summary: 'List my passkeys', description: 'Newest first.' })
  @ApiOkResponse({ type: PasskeyPageDto, description: 'A page of passkeys' })
  async list(
    @CurrentUser() { userId }: SessionPrincipal,
    @Query() query: PageQueryDto,
  ): Promise<PasskeyPageDto> {
    const page = await this.passkeys.listOf(userId, query);
    const all = await this.passkeys.allOf(userId);
    return {
      ...toPageBody(page, (passkey) => PasskeyDto.from(passkey)),
      rp_id: this.ceremonies.relyingParty.id,
      user_handle: userHandleOf(userId),
      credential_ids: all.map(({ credentialId }) => credentialId.toString('base64url')),
    };
  }

  @Post('options')
  @RecentSignIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys_creation_options',
    summary: 'Get the options for a new passkey',
    description:
      'Pass them to `PublicKeyCredential.parseCreationOptionsFromJSON()` and `navigator.credentials.create()`. They are valid for 5 minutes, once, in this session.',
  })
  @ApiOkResponse({ type: PasskeyCreationOptionsDto, description: 'Options of WebAuthn' })
  @ApiProblems(new EmailNotVerifiedError(), new TooManyPasskeysError(MAX_PASSKEYS))
  options(@CurrentUser() user: SessionPrincipal): Promise<PasskeyCreationOptionsDto> {
    return this.own.options(user);
  }

  @Post()
  @RecentSignIn()
  @ApiOperation({
    operationId: 'passkeys_add',
    summary: 'Add a passkey',
    description:
      'Sends a notice to your email address. The first factor of an account ends all other sessions, and returns ten recovery codes.',
  })
  @ApiCreatedResponse({ type: AddedPasskeyDto, description: 'The new passkey' })
  @ApiProblems(
    new ChallengeExpiredError(),
    new EmailNotVerifiedError(),
    new PasskeyExistsError(),
    new TooManyPasskeysError(MAX_PASSKEYS),
  )
  async add(
    @CurrentUser() user: SessionPrincipal,
    @Body() { passkey, name }: NewPasskeyDto,
    @FromClient() client: Client,
  ): Promise<AddedPasskeyDto> {
    const registration = readRegistration(passkey) as Registration;
    const { passkey: added, recoveryCodes } = await this.own.add(user, registration, name, client);
    return AddedPasskeyDto.of(added, recoveryCodes);
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'passkeys_rename', summary: 'Rename one of my passkeys' })
  @ApiOkResponse({ type: PasskeyDto, description: 'The renamed passkey' })
  @ApiProblems(new NotFoundError('Passkey not found.'))
  async rename(
    @CurrentUser() { userId }: SessionPrincipal,
    @Param() { id }: IdParam,
    @Body() { name }: RenamePasskeyDto,
  ): Promise<PasskeyDto> {
    const passkey = await this.passkeys.rename(id, userId, name);
    if (!passkey) throw new NotFoundError('Passkey not found.');
    return PasskeyDto.from(passkey);
  }

  @Delete(':id')
  @RecentSecondFactor()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'passkeys_remove',
    summary: 'Remove one of my passkeys',
    description: 'Ends all other sessions, and sends a notice to your email address.',
  })
  @ApiNoContentResponse({ description: 'The passkey was removed' })
  @ApiProblems(
    new NotFoundError('Passkey not found.'),
    new FactorRequiredByRoleError(),
    new LastSignInMethodError('passkey'),
  )
  remove(
    @CurrentUser() user: SessionPrincipal,
    @Param() { id }: IdParam,
    @FromClient() client: Client,
  ): Promise<void> {
    return this.own.remove(id, user, client);
  }
}
