import { ApiSchema } from '@nestjs/swagger';
import { MailTokenField } from '../one-time-tokens/mail-token-field.js';

/** Token from the verification email. */
@ApiSchema({ name: 'AstraVerifyEmail' })
export class VerifyEmailDto {
  @MailTokenField()
  token: string;
}
