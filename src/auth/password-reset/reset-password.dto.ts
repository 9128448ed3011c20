import { ApiSchema } from '@nestjs/swagger';
import { MailTokenField } from '../one-time-tokens/mail-token-field.js';
import { NewPasswordField } from '../passwords/policy/password-fields.js';

/** Token from the email and the new password. */
@ApiSchema({ name: 'AstraResetPassword' })
export class ResetPasswordDto {
  @MailTokenField()
  token: string;

  @NewPasswordField()
  new_password: string;
}
