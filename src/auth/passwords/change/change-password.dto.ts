import { ApiSchema } from '@nestjs/swagger';
import { CurrentPasswordField, NewPasswordField } from '../policy/password-fields.js';

/** New password and, unless the sign-in is recent, the current one. */
@ApiSchema({ name: 'AstraChangePassword' })
export class ChangePasswordDto {
  @CurrentPasswordField()
  current_password?: string;

  @NewPasswordField()
  new_password: string;
}
