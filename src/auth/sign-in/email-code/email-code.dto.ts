import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Optional } from '../../../http/input/optional.decorator.js';
import { AcceptedDto } from '../../one-time-tokens/accepted.dto.js';
import { SignInTokenField } from '../../one-time-tokens/sign-in-token-field.js';
import { ApiEmail, IsEmailAddress } from '../../../users/fields/account-fields.js';

/** Email address to which a code is sent, or the sign-in that it is for. */
@ApiSchema({ name: 'AstraRequestEmailCode' })
export class RequestEmailCodeDto {
  @ApiEmail({
    required: false,
    description: 'Begins a sign-in. With `sign_in_token`: the address of the new account, if it needs one.',
  })
  @Optional()
  // Accounts of an older system may have one that new accounts may not have.
  @IsEmailAddress({ isFromElsewhere: true })
  email?: string;

  @SignInTokenField({
    description:
      'Sign-in that has begun in another way, and needs a code: its 403 response says so. Without `email`, the code goes to the address of the account.',
  })
  sign_in_token?: string;
}

/**
 * Sign-in that waits for the code. The response is the same whether or not there is an account: its token is genuine, and no code
 * will ever fit one without an account.
 */
@ApiSchema({ name: 'AstraEmailCodeSent' })
export class EmailCodeSentDto extends AcceptedDto {
  @ApiProperty({
    example: 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo',
    description: 'Send it with the code to /auth/login/continue. The code works with this token only.',
  })
  sign_in_token: string;

  @ApiProperty({ type: 'integer', example: 600, description: 'Seconds until the code expires.' })
  expires_in: number;

  constructor(token: string, expiresIn: number) {
    super('If there is an account with this email address, a message with a code is on its way.');
    this.sign_in_token = token;
    this.expires_in = expiresIn;
  }
}
