import { ApiSchema } from '@nestjs/swagger';
import { CurrentPasswordField } from '../passwords/policy/password-fields.js';

/** Request to delete the account; the password proves that the owner sends it. */
@ApiSchema({ name: 'AstraDeleteAccount' })
export class DeleteAccountDto {
  @CurrentPasswordField()
  current_password: string;
}
