import { Body, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { Public } from '../../../access/public.decorator.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { EmailCodeMessagesService } from '../../email-codes/email-code-messages.service.js';
import { EmailCodeSentDto, RequestEmailCodeDto } from './email-code.dto.js';

/** First step of a sign-in with a code by email. The second one is `/auth/login/continue`. */
@ApiTags('Auth')
@AstraController('auth/email-code')
export class EmailCodeController {
  constructor(private readonly messages: EmailCodeMessagesService) {}

  @Post()
  @Public()
  @RateLimit('email-code', 'email-code-address')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'sessions_send_email_code',
    summary: 'Send a code to sign in by email',
    description:
      'The response is the same whether or not there is an account with this email address. Send `sign_in_token` with the code to `/auth/login/continue`.',
  })
  @ApiAcceptedResponse({ type: EmailCodeSentDto, description: 'A code is sent if the account exists' })
  async send(
    @Body() { email }: RequestEmailCodeDto,
    @FromClient() client: Client,
  ): Promise<EmailCodeSentDto> {
    const { token, expiresIn } = await this.messages.beginSignIn(email, client);
    return new EmailCodeSentDto(token, expiresIn);
  }
}
