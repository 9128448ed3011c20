import { Body, Get, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import type { Principal } from '../../access/principal.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { userOf } from '../signed-in-user.js';
import { UpdateProfileDto } from './update-profile.dto.js';
import { UserDto } from '../user.dto.js';
import { UsernameTakenError } from '../users.errors.js';
import { ProfileService } from './profile.service.js';

/** Account of the signed-in user. */
@ApiTags('Users')
@AstraController('users/me')
export class ProfileController {
  constructor(private readonly profile: ProfileService) {}

  @Get()
  @ApiOperation({ operationId: 'profile_show', summary: 'Show my account' })
  @ApiOkResponse({ type: UserDto, description: 'The account' })
  show(@CurrentUser() principal: Principal): UserDto {
    return UserDto.from(userOf(principal));
  }

  @Patch()
  @RateLimit('profile')
  @ApiOperation({ operationId: 'profile_change', summary: 'Change my username or full name' })
  @ApiOkResponse({ type: UserDto, description: 'The updated account' })
  @ApiProblems(new UsernameTakenError())
  async change(
    @CurrentUser() { userId }: Principal,
    @Body() changes: UpdateProfileDto,
    @FromClient() client: Client,
  ): Promise<UserDto> {
    return UserDto.from(await this.profile.change(userId, changes.toChanges(), client));
  }
}
