import { MailTokenField } from '../one-time-tokens/mail-token-field.js';

/** The token from the mail. */
export class VerifyEmailDto {
  @MailTokenField()
  token: string;
}
