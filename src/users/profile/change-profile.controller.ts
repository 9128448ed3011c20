import { Body, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import { RecentSignInFor } from '../../access/guards/recent-sign-in.guard.js';
import type { Principal } from '../../access/principal.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { UpdateProfileDto } from './update-profile.dto.js';
import { ShownUsers } from '../shown-users.js';
import { UserDto } from '../user.dto.js';
import { UsernameTakenError } from '../users.errors.js';
import { ProfileService } from './profile.service.js';

/** Changes of the signed-in user's account. A controller of its own, so that its guards do not slow `GET /users/me`. */
@ApiTags('Users')
@AstraController('users/me')
export class ChangeProfileController {
  constructor(
    private readonly profile: ProfileService,
    private readonly shown: ShownUsers,
  ) {}

  @Patch()
  // The user signs in with it.
  @RecentSignInFor('username')
  @RateLimit('profile')
  @ApiOperation({
    operationId: 'profile_change',
    summary: 'Change my username or full name',
    description: 'A new username requires a recent sign-in.',
  })
  @ApiOkResponse({ type: UserDto, description: 'The updated account' })
  @ApiProblems(new UsernameTakenError())
  async change(
    @CurrentUser() { userId }: Principal,
    @Body() changes: UpdateProfileDto,
    @FromClient() client: Client,
  ): Promise<UserDto> {
    return this.shown.one(await this.profile.change(userId, changes.toChanges(), client));
  }
}
