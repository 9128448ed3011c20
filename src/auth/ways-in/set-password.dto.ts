import { ApiSchema } from '@nestjs/swagger';
import { NewPasswordField } from '../passwords/policy/password-fields.js';

/** First password of an account that has none. */
@ApiSchema({ name: 'AstraSetPassword' })
export class SetPasswordDto {
  @NewPasswordField()
  new_password: string;
}
