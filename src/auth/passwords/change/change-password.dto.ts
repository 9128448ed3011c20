import { ApiSchema } from '@nestjs/swagger';
import { CurrentPasswordField, NewPasswordField } from '../policy/password-fields.js';

/** The password that is, and the one that is to be. */
@ApiSchema({ name: 'AstraChangePassword' })
export class ChangePasswordDto {
  @CurrentPasswordField()
  current_password: string;

  @NewPasswordField()
  new_password: string;
}
