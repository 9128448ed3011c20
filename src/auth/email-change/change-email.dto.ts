import { ApiEmail, IsEmailAddress } from '../../users/account-fields.js';
import { CurrentPasswordField } from '../passwords/password-fields.js';

/** The address that is to be, and the password. */
export class ChangeEmailDto {
  @ApiEmail()
  @IsEmailAddress()
  new_email: string;

  @CurrentPasswordField()
  current_password: string;
}
