import { ApiSchema } from '@nestjs/swagger';
import { CurrentPasswordField } from '../passwords/policy/password-fields.js';

/** Proof that it is really the owner who deletes the account. */
@ApiSchema({ name: 'AstraDeleteAccount' })
export class DeleteAccountDto {
  @CurrentPasswordField()
  current_password: string;
}
