import { Body, HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AstraController } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { Public } from '../../../access/public.decorator.js';
import { ApiProblems } from '../../../http/problem/api-problems.decorator.js';
import type { AnyRequest } from '../../../http/request/request-id.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { CrossSiteRequestError } from '../../refresh/refresh.errors.js';
import { CodeCookie } from './code-cookie.js';
import { EmailCodeSentDto, RequestEmailCodeDto } from './email-code.dto.js';
import { EmailCodeRequestsService } from './email-code-requests.service.js';

/** Codes by email for sign-ins, which go on at `/auth/login/continue`. */
@ApiTags('Auth')
@AstraController('auth/email-code')
export class EmailCodeController {
  constructor(
    private readonly requests: EmailCodeRequestsService,
    private readonly cookie: CodeCookie,
  ) {}

  @Post()
  @Public()
  @RateLimit('email-code', 'email-code-address')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'sessions_send_email_code',
    summary: 'Send a code to sign in by email',
    description:
      'The response is the same whether or not there is an account with this email address. Send `sign_in_token` with the code to `/auth/login/continue`. A sign-in that has begun in another way keeps its token.',
  })
  @ApiAcceptedResponse({ type: EmailCodeSentDto, description: 'A code is sent if the account exists' })
  @ApiProblems(new InvalidSignInError(), new CrossSiteRequestError())
  async send(
    @Body() { email, sign_in_token }: RequestEmailCodeDto,
    @FromClient() client: Client,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<EmailCodeSentDto> {
    // First, so that a page of another site sends no message.
    this.cookie.assertAllowed(request);
    const { token, expiresIn } = await this.requests.send({ email, token: sign_in_token }, client);
    this.cookie.set(token, expiresIn, request, response);
    return new EmailCodeSentDto(token, expiresIn);
  }
}
