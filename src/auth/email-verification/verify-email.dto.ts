import { ApiSchema } from '@nestjs/swagger';
import { MailTokenField } from '../one-time-tokens/mail-token-field.js';

/** The token from the mail. */
@ApiSchema({ name: 'AstraVerifyEmail' })
export class VerifyEmailDto {
  @MailTokenField()
  token: string;
}
