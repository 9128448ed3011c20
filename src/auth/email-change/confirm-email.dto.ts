import { ApiSchema } from '@nestjs/swagger';
import { MailTokenField } from '../one-time-tokens/mail-token-field.js';

/** Token from an email about a change of the email address. */
@ApiSchema({ name: 'AstraConfirmEmail' })
export class ConfirmEmailDto {
  @MailTokenField()
  token: string;
}
