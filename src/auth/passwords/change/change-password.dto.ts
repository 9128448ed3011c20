import { ApiSchema } from '@nestjs/swagger';
import { CurrentPasswordField, NewPasswordField } from '../policy/password-fields.js';

/** Current password and the new one. */
@ApiSchema({ name: 'AstraChangePassword' })
export class ChangePasswordDto {
  @CurrentPasswordField()
  current_password: string;

  @NewPasswordField()
  new_password: string;
}
