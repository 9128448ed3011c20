import { CurrentPasswordField } from '../passwords/password-fields.js';

/** Proof that it is really the owner who deletes the account. */
export class DeleteAccountDto {
  @CurrentPasswordField()
  current_password: string;
}
