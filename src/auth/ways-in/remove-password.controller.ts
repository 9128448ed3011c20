import { Delete, HttpCode, HttpStatus } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { CurrentUser } from '../../access/current-user.decorator.js';
import { RecentSecondFactor } from '../../access/guards/recent-sign-in.guard.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { OwnPasswordService } from './own-password.service.js';
import { LastSignInMethodError } from './ways-in.errors.js';

/** Removal of passwords, in applications with another way to sign in. */
@ApiTags('Users')
@AstraController('users/me/password')
export class RemovePasswordController {
  constructor(private readonly own: OwnPasswordService) {}

  @Delete()
  @RecentSecondFactor()
  @RateLimit('password-change')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'password_remove',
    summary: 'Remove my password',
    description:
      'You sign in with a passkey from now on. If the only one is bound to a device, you also need recovery codes. Ends all other sessions, invalidates the links in earlier emails, and sends a notice to your email address.',
  })
  @ApiNoContentResponse({ description: 'The account has no password' })
  @ApiProblems(new LastSignInMethodError('password'))
  remove(@CurrentUser() user: SessionPrincipal, @FromClient() client: Client): Promise<void> {
    return this.own.remove(user, client);
  }
}
