import { ApiSchema } from '@nestjs/swagger';
import { MailTokenField } from '../one-time-tokens/mail-token-field.js';
import { NewPasswordField } from '../passwords/policy/password-fields.js';

/** The token from the mail, and the password that is to be. */
@ApiSchema({ name: 'AstraResetPassword' })
export class ResetPasswordDto {
  @MailTokenField()
  token: string;

  @NewPasswordField()
  new_password: string;
}
