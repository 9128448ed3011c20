import { ApiSchema } from '@nestjs/swagger';
import { OptionalBody } from '../../http/input/input.pipe.js';
import { CurrentPasswordField } from '../passwords/policy/password-fields.js';

/** Request to delete the account. The password, or a recent sign-in, proves that the owner sends it. */
@ApiSchema({ name: 'AstraDeleteAccount' })
@OptionalBody()
export class DeleteAccountDto {
  @CurrentPasswordField()
  current_password?: string;
}
