import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../access/client.decorator.js';
import { Public } from '../../access/public.decorator.js';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { EmailTakenError } from '../../users/users.errors.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { ConfirmEmailDto } from './confirm-email.dto.js';
import { EmailUndoService } from './email-undo.service.js';

/** Reversal of a changed email address, by the owner of the old mailbox. */
@ApiTags('Auth')
@AstraController('auth/email/undo')
export class EmailUndoController {
  constructor(private readonly undoing: EmailUndoService) {}

  @Post()
  @Public()
  @RateLimit('verify')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'email_undo_undo',
    summary: 'Undo a change of my email address',
    description:
      'Takes the token from the message to the old email address, which is valid for 7 days. Restores the old email address, ends all sessions, removes the factors, passkeys and identities that were added since the change, disables the password, and sends a link to choose a new one.',
  })
  @ApiNoContentResponse({ description: 'The old email address was restored' })
  @ApiProblems(new InvalidMailTokenError(), new EmailTakenError())
  undo(@Body() { token }: ConfirmEmailDto, @FromClient() client: Client): Promise<void> {
    return this.undoing.undo(token, client);
  }
}
