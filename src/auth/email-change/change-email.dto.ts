import { ApiSchema } from '@nestjs/swagger';
import { ApiEmail, IsEmailAddress } from '../../users/fields/account-fields.js';
import { CurrentPasswordField } from '../passwords/policy/password-fields.js';

/** New email address and, unless the sign-in is recent, the current password. */
@ApiSchema({ name: 'AstraChangeEmail' })
export class ChangeEmailDto {
  @ApiEmail()
  @IsEmailAddress()
  new_email: string;

  @CurrentPasswordField()
  current_password?: string;
}
