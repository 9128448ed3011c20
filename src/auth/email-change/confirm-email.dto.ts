import { ApiSchema } from '@nestjs/swagger';
import { MailTokenField } from '../one-time-tokens/mail-token-field.js';

/** The token from the mail to the new address. */
@ApiSchema({ name: 'AstraConfirmEmail' })
export class ConfirmEmailDto {
  @MailTokenField()
  token: string;
}
