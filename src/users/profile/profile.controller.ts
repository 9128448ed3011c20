import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import { KeyScopes } from '../../access/guards/scopes.decorator.js';
import type { Principal } from '../../access/principal.js';
import { ShownUsers } from '../shown-users.js';
import { UserDto } from '../user.dto.js';

/** Account of the signed-in user. */
@ApiTags('Users')
@AstraController('users/me')
export class ProfileController {
  constructor(private readonly shown: ShownUsers) {}

  @Get()
  @KeyScopes('profile:read')
  @ApiOperation({ operationId: 'profile_show', summary: 'Show my account' })
  @ApiOkResponse({ type: UserDto, description: 'The account' })
  show(@CurrentUser() principal: Principal): UserDto {
    return this.shown.ofPrincipal(principal);
  }
}
